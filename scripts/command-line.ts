import { setTimeout as sleep } from 'node:timers/promises';
import { readEnvironment, type Environment } from './environment.ts';
import { UserError } from './errors.ts';

/** The option that every command has. */
export const environmentArgument = {
  environment: {
    type: 'string',
    description: 'the environment document that the stack wrote; default: the variable MIGRATE_ENVIRONMENT',
    valueHint: 'FILE',
  },
} as const;

/** Reads the environment that a command was given. */
export async function environmentOf(args: { environment?: string | undefined }): Promise<Environment> {
  const file = args.environment ?? process.env['MIGRATE_ENVIRONMENT'];
  if (file === undefined || file === '') {
    throw new UserError(
      'Which environment? Give --environment FILE, or set MIGRATE_ENVIRONMENT, to the environment.json that the stack wrote. ' +
        'Of the local one, npm run local prints the path.',
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
