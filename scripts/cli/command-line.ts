import { type Environment } from '../contract/environment.ts';
import { readEnvironment } from '../platform/read-environment.ts';
import { UserError } from '../contract/errors.ts';
import { namedStores, type StoresOptions } from './options.ts';

/**
 * The environment that a command was given: of the document that a stack wrote, or of the two endpoints that
 * were named.
 */
export async function environmentOf(options: StoresOptions): Promise<Environment> {
  const given = namedStores(options);
  if (given.length > 0) {
    if (options.environment !== undefined) {
      throw new UserError(
        `--environment names a stack's stores and ledger, ${given.join(', ')} others: give the one or the others`,
      );
    }
    const { standaloneEnvironment } = await import('./standalone/environment.ts');
    return standaloneEnvironment(options);
  }
  const file = options.environment ?? process.env['MIGRATE_ENVIRONMENT'];
  if (file === undefined || file === '') {
    throw new UserError(
      'Which environment? Give --environment FILE, or set MIGRATE_ENVIRONMENT, to the environment.json that the stack wrote. ' +
        'Of the local one, npm run local prints the path. Without a stack, sync, verify, preflight, replay and status take two endpoints: --source s3://… --target s3://…',
    );
  }
  return readEnvironment(file);
}
