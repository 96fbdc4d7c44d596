import type { Environment } from '../../contract/environment.ts';
import { messageOf } from '../../contract/errors.ts';
import { transaction, type Pool } from '../../ledger/connect.ts';
import { appendOperations, type NewOperation } from '../../ledger/operations.ts';
import { MalformedEvent, readNotification, type EventRules } from './event.ts';
import { GroupCommit } from '../../platform/notifications/group-commit.ts';

/** The user that does the migration's own writes on the source: canary and control documents. */
export const OWN_USER = 'migration';

/**
 * The rules of an environment.
 *
 * @param ownPrincipals see `EventRules`. On Ceph that is the user's name; on Amazon the unique ids of the
 *   migration's roles, which only the stack knows.
 */
export function eventRules(
  environment: Environment,
  ownPrincipals: readonly string[] = environment.source.kind === 'ceph' ? [OWN_USER] : [],
): EventRules {
  return { moves: environment.moves, ownPrincipals };
}

/** Parses a message's body. Throws MalformedEvent where it is no JSON. */
export function parseBody(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (error) {
    throw new MalformedEvent(`not JSON: ${messageOf(error)}`, { cause: error });
  }
}

/**
 * The one way into the log, for the Lambda and for the receiver: notification → operations → one
 * transaction. When `store` returns, the operations are durable.
 */
export class CaptureHandler {
  readonly #commit: GroupCommit<NewOperation>;
  readonly #rules: EventRules;

  constructor(ledger: Pool, rules: EventRules) {
    this.#commit = new GroupCommit((operations) =>
      transaction(ledger, (client) => appendOperations(client, operations)),
    );
    this.#rules = rules;
  }

  /** @returns how many operations the notification became. Throws MalformedEvent, or the ledger's error. */
  async store(document: unknown): Promise<number> {
    const operations = readNotification(document, this.#rules);
    await this.#commit.add(operations);
    return operations.length;
  }
}
