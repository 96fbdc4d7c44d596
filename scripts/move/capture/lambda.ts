import { readEnvironment } from '../../platform/read-environment.ts';
import { messageOf, UserError } from '../../contract/errors.ts';
import { openLedger } from '../../ledger/connect.ts';
import type { Pool } from '../../ledger/database.ts';
import { canaryLine } from '../../contract/metrics.ts';
import type { NewOperation } from '../../ledger/operations.ts';
import { log } from '../../contract/log.ts';
import { CaptureHandler, eventRules } from './handler.ts';
import { parseBody } from '../../platform/notifications/records.ts';

/** What Lambda hands over of a batch of SQS messages. */
export type SqsEvent = { Records: { messageId: string; body: string }[] };
/** The messages that SQS must deliver again; needs `ReportBatchItemFailures` on the event source. */
export type SqsBatchResponse = { batchItemFailures: { itemIdentifier: string }[] };

/**
 * Stores a batch. A message that cannot be stored is named, so that SQS keeps it (after its redrive count
 * in the dead-letter queue) and the others are not delivered again because of it.
 */
export async function handleBatch(
  handler: Pick<CaptureHandler, 'store'>,
  event: SqsEvent,
): Promise<SqsBatchResponse> {
  const failures = await Promise.all(
    event.Records.map(async ({ messageId, body }) => {
      try {
        await storeTwice(handler, parseBody(body));
        return [];
      } catch (error) {
        log.error({ messageId, reason: messageOf(error) }, 'a message was not stored');
        return [{ itemIdentifier: messageId }];
      }
    }),
  );
  return { batchItemFailures: failures.flat() };
}

/**
 * A connection may have broken while the function slept between two batches: that costs another try, not
 * the minutes until SQS delivers again, in which a hold would be called off.
 */
async function storeTwice(handler: Pick<CaptureHandler, 'store'>, document: unknown): Promise<void> {
  try {
    await handler.store(document);
  } catch {
    await handler.store(document);
  }
}

/** How long the environment is believed: a bucket that is added later must be known before long. */
const BELIEVED_MS = 60_000;

type Opened = { document: string; handler: CaptureHandler; ledger: Pool; until: number };
let opened: Opened | undefined;

/**
 * The Lambda. Variables: `MIGRATE_ENVIRONMENT` (a file, or `ssm:NAME`), `MIGRATE_OWN_PRINCIPALS` (the unique
 * ids of the migration's own roles, separated by commas).
 *
 * Throws where the environment cannot be read; then SQS keeps the whole batch.
 */
export async function handler(event: SqsEvent): Promise<SqsBatchResponse> {
  if (opened === undefined || Date.now() >= opened.until) opened = await open(opened);
  return handleBatch(opened.handler, event);
}

async function open(before: Opened | undefined): Promise<Opened> {
  const place = process.env['MIGRATE_ENVIRONMENT'];
  if (place === undefined) {
    throw new UserError('The variable MIGRATE_ENVIRONMENT names neither a file nor ssm:NAME');
  }
  const environment = await readEnvironment(place);
  const document = JSON.stringify(environment);
  const until = Date.now() + BELIEVED_MS;
  if (before?.document === document) return { ...before, until };
  await before?.ledger.end();
  const own = process.env['MIGRATE_OWN_PRINCIPALS']?.split(',').filter((name) => name !== '');
  const ledger = openLedger(environment.ledger, { max: 1, application: 'capture-lambda' });
  const stored = (operations: readonly NewOperation[]) => {
    for (const line of canaryLines(environment.name, operations, Date.now())) log.info(line);
  };
  const handler = new CaptureHandler(ledger, eventRules(environment, own), stored);
  return { document, handler, ledger, until };
}

/** What the log says of canaries that were stored, for the alarm that rings when there are none. */
export function canaryLines(
  environment: string,
  operations: readonly Pick<NewOperation, 'move' | 'kind'>[],
  at: number,
): Record<string, unknown>[] {
  const canaries = operations.filter(({ kind }) => kind === 'canary');
  return canaries.map(({ move }) => canaryLine(environment, move, at));
}
