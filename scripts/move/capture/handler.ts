import type { Environment } from '../../contract/environment.ts';
import { transaction } from '../../ledger/connect.ts';
import type { Pool } from '../../ledger/database.ts';
import { log } from '../../contract/log.ts';
import { appendOperations, type NewOperation } from '../../ledger/operations.ts';
import { countUnread } from '../../ledger/unread-events.ts';
import { readNotification, type EventRules, type Reading } from './event.ts';
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
  readonly #commit: GroupCommit<Reading>;
  readonly #rules: EventRules;
  readonly #onStored: ((operations: readonly NewOperation[]) => void) | undefined;

  /** @param onStored hears of operations that are durable */
  constructor(ledger: Pool, rules: EventRules, onStored?: (operations: readonly NewOperation[]) => void) {
    this.#commit = new GroupCommit((readings) => storeReadings(ledger, readings));
    this.#rules = rules;
    this.#onStored = onStored;
  }

  /** @returns how many operations the notification became. Throws the ledger's error. */
  async store(document: unknown): Promise<number> {
    const reading = readNotification(document, this.#rules);
    for (const { reason, detail } of reading.unread) log.warn({ reason, detail }, 'an event was left out');
    const isEmpty = reading.operations.length === 0 && reading.unread.length === 0;
    await this.#commit.add(isEmpty ? [] : [reading]);
    this.#onStored?.(reading.operations);
    return reading.operations.length;
  }
}

/** Stores what several messages hold, in one transaction; what is left out is counted in it. */
export function storeReadings(ledger: Pool, readings: readonly Reading[]): Promise<void> {
  return transaction(ledger, async (client) => {
    await appendOperations(
      client,
      readings.flatMap(({ operations }) => operations),
    );
    await countUnread(
      client,
      readings.flatMap(({ unread }) => unread),
    );
  });
}
