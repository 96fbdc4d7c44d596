import { type Environment } from '../contract/environment.ts';
import { readEnvironment } from '../platform/read-environment.ts';
import { UserError } from '../contract/errors.ts';
import { namedStores, type StoresOptions } from '../options.ts';

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

/**
 * Waits until this process is older than a second and a half. A supervisor takes one that ends sooner for
 * one that failed to start, and starts it again, though it only found nothing left to do.
 */
export async function outliveStart(): Promise<void> {
  await sleep(Math.max(0, 1500 - process.uptime() * 1000));
}

/** Aborts when the process is asked to stop, so that long work ends between two requests. */
export function stopSignal(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => controller.abort());
  return controller.signal;
}
