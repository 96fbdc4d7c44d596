import { messageOf, UserError } from '../contract/errors.ts';

/**
 * SQLSTATEs of a server that is not there, is going or coming, or has no room (connection exceptions, operator
 * intervention, insufficient resources: PostgreSQL's manual, appendix A), and what the socket to it says.
 */
const CODES =
  /^(08\w{3}|57P0[1-5]|53\w{3}|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH)$/;
/** What `pg` says without a code. */
const MESSAGES =
  /^(Connection terminated|timeout exceeded when trying to connect|Client (was closed|has encountered a connection error))/;

/** Whether a query failed because the ledger is away for the moment, and not because of what was asked. */
export function isLedgerAway(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof UserError || error.name === 'StoreError') return false;
  const { code } = error as { code?: unknown };
  return (typeof code === 'string' && CODES.test(code)) || MESSAGES.test(error.message);
}

/** The same for people, with exit code 3. */
export function ledgerAway(error: unknown): UserError {
  return new UserError(
    `The ledger does not answer any more: ${messageOf(error)}. Everything that was done is remembered; ` +
      'start this again when PostgreSQL is back, and it goes on.',
    { exitCode: 3, cause: error },
  );
}
