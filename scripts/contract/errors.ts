/**
 * An error meant for a person: what was given, what was expected, what to do. Printed without a stack
 * trace; a stack trace is for bugs only.
 */
export class UserError extends Error {
  /** Process exit code: 1 differences or failed keys, 2 wrong use, 3 something could not be reached. */
  readonly exitCode: 1 | 2 | 3;

  constructor(message: string, options: { exitCode?: 1 | 2 | 3; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'UserError';
    this.exitCode = options.exitCode ?? 2;
  }
}

/** The message of anything that was thrown, on one line. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') {
    return error.errors.map(messageOf).join('; ');
  }
  return error instanceof Error ? error.message : String(error);
}
