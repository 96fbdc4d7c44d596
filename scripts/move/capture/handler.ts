import type { Environment } from '../../contract/environment.ts';
import { transaction } from '../../ledger/connect.ts';
import type { Pool } from '../../ledger/database.ts';
import { appendOperations, type NewOperation } from '../../ledger/operations.ts';
import { readNotification, type EventRules } from './event.ts';
import { GroupCommit } from '../../platform/notifications/group-commit.ts';
import { MIGRATION } from '../../contract/names.ts';

/**
 * The rules of an environment.
 *
 * @param ownPrincipals see `EventRules`. On Ceph that is the user's name; on Amazon the unique ids of the
 *   migration's roles, which only the stack knows.
 */
export function eventRules(
  environment: Environment,
  ownPrincipals: readonly string[] = environment.source.kind === 'ceph' ? [MIGRATION] : [],
): EventRules {
  return { moves: environment.moves, ownPrincipals };
}

/**
 * The one way into the log, for the Lambda and for the receiver: notification → operations → one
 * transaction. When `store` returns, the operations are durable.
 */
export class CaptureHandler {
  readonly #commit: GroupCommit<NewOperation>;
  readonly #rules: EventRules;

  readonly #onStored: ((operations: readonly NewOperation[]) => void) | undefined;

  /** @param onStored hears of operations that are durable */
  constructor(ledger: Pool, rules: EventRules, onStored?: (operations: readonly NewOperation[]) => void) {
    this.#commit = new GroupCommit((operations) =>
      transaction(ledger, (client) => appendOperations(client, operations)),
    );
    this.#rules = rules;
    this.#onStored = onStored;
  }

  /** @returns how many operations the notification became. Throws MalformedEvent, or the ledger's error. */
  async store(document: unknown): Promise<number> {
    const operations = readNotification(document, this.#rules);
    await this.#commit.add(operations);
    this.#onStored?.(operations);
    return operations.length;
  }
}
