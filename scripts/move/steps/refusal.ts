import { UserError } from '../../contract/errors.ts';

/** Why a step was not taken: what is missing, a line each. */
export function refusal(missing: readonly string[]): UserError {
  return new UserError(`Refused; nothing was changed. What is missing:\n  - ${missing.join('\n  - ')}`, {
    exitCode: 1,
  });
}
