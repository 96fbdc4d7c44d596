import { type Environment } from '../contract/environment.ts';
import { readEnvironment } from '../platform/read-environment.ts';
import { UserError } from '../contract/errors.ts';
import { givenOptions, standaloneArguments, type StandaloneOptions } from './standalone/arguments.ts';

/** The option that every command has. */
export const environmentArgument = {
  environment: {
    type: 'string',
    description: 'the environment document that the stack wrote; default: the variable MIGRATE_ENVIRONMENT',
    valueHint: 'FILE',
  },
} as const;

/** The options of commands that work for a stack's environment and on any two S3 endpoints. */
export const storesArguments = { ...environmentArgument, ...standaloneArguments } as const;

/** What `environmentOf` reads. */
export type EnvironmentOptions = { environment?: string | undefined } & StandaloneOptions;

/** Whether the two endpoints themselves were named, and not a stack's environment. */
export function isStandalone(args: StandaloneOptions): boolean {
  return givenOptions(args).length > 0;
}

/**
 * The environment that a command was given: of the document that a stack wrote, or of the two endpoints that
 * were named.
 */
export async function environmentOf(args: EnvironmentOptions): Promise<Environment> {
  const given = givenOptions(args);
  if (given.length > 0) {
    if (args.environment !== undefined) {
      throw new UserError(
        `--environment names a stack's stores and ledger, ${given.join(', ')} others: give the one or the others`,
      );
    }
    const { standaloneEnvironment } = await import('./standalone/environment.ts');
    return standaloneEnvironment(args);
  }
  const file = args.environment ?? process.env['MIGRATE_ENVIRONMENT'];
  if (file === undefined || file === '') {
    throw new UserError(
      'Which environment? Give --environment FILE, or set MIGRATE_ENVIRONMENT, to the environment.json that the stack wrote. ' +
        'Of the local one, npm run local prints the path. Without a stack, sync, verify, preflight, replay and status take two endpoints: --source s3://… --target s3://…',
    );
  }
  return readEnvironment(file);
}

/** A whole number that an option was given as. */
export function wholeNumber(text: string, option: string, range: { from: number; to: number }): number {
  const number = Number(text);
  if (text.trim() !== '' && Number.isInteger(number) && number >= range.from && number <= range.to) {
    return number;
  }
  throw new UserError(
    `--${option} is "${text}"; it must be a whole number from ${range.from} to ${range.to}`,
  );
}
