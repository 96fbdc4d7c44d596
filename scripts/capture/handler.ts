import type { Environment } from '../environment.ts';
import { messageOf } from '../errors.ts';
import { transaction, type Pool } from '../ledger/connect.ts';
import { appendOperations, type NewOperation } from '../ledger/operations.ts';
import { MalformedEvent, readNotification, type EventRules } from './event.ts';

/** The user that does the migration's own writes on the source: canary and control documents. */
export const OWN_USER = 'migration';

/**
 * The rules of an environment.
 *
 * @param ownPrincipals as the source's events write them. On Ceph that is the user's name; on Amazon the
 *   principal id of the migration's role, which only the stack knows.
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
 *
 * Messages that come while a transaction is on its way are stored together by the next one: a store that
 * pushes a hundred at once costs two commits, not a hundred.
 */
export class CaptureHandler {
  readonly #ledger: Pool;
  readonly #rules: EventRules;
  #waiting: { operations: NewOperation[]; stored: PromiseWithResolvers<void> }[] = [];
  #storing = false;

  constructor(ledger: Pool, rules: EventRules) {
    this.#ledger = ledger;
    this.#rules = rules;
  }

  /** @returns how many operations the notification became. Throws MalformedEvent, or the ledger's error. */
  async store(document: unknown): Promise<number> {
    const operations = readNotification(document, this.#rules);
    if (operations.length === 0) return 0;
    const stored = Promise.withResolvers<void>();
    this.#waiting.push({ operations, stored });
    if (!this.#storing) void this.#drain();
    await stored.promise;
    return operations.length;
  }

  /** Never rejects: a failure goes to those whose messages it concerns. */
  async #drain(): Promise<void> {
    this.#storing = true;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      try {
        const operations = batch.flatMap((message) => message.operations);
        await transaction(this.#ledger, (client) => appendOperations(client, operations));
        for (const { stored } of batch) stored.resolve();
      } catch (error) {
        for (const { stored } of batch) stored.reject(error);
      }
    }
    this.#storing = false;
  }
}
