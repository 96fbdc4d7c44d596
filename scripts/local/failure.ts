import { messageOf, UserError } from '../contract/errors.ts';

/**
 * Prints why a process failed: to a person the message, of a bug the stack trace.
 *
 * @returns the exit code; 70 for a bug
 */
export function printFailure(error: unknown): number {
  const text = error instanceof UserError || !(error instanceof Error) ? messageOf(error) : error.stack;
  process.stderr.write(`${text ?? messageOf(error)}\n`);
  return error instanceof UserError ? error.exitCode : 70;
}
