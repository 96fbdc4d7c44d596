import { readEnvironment } from '../environment.ts';
import { messageOf, UserError } from '../errors.ts';
import { openLedger } from '../ledger/connect.ts';
import { log } from '../log.ts';
import { CaptureHandler, eventRules, parseBody } from './handler.ts';

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
        await handler.store(parseBody(body));
        return [];
      } catch (error) {
        log.error({ messageId, reason: messageOf(error) }, 'a message was not stored');
        return [{ itemIdentifier: messageId }];
      }
    }),
  );
  return { batchItemFailures: failures.flat() };
}

let opened: Promise<CaptureHandler> | undefined;

/**
 * The Lambda. Variables: `MIGRATE_ENVIRONMENT` (file), `MIGRATE_OWN_PRINCIPALS` (the principal ids of the
 * migration's own role, separated by commas, as events write them).
 */
export async function handler(event: SqsEvent): Promise<SqsBatchResponse> {
  opened ??= openHandler();
  try {
    return await handleBatch(await opened, event);
  } catch (error) {
    opened = undefined; // opening failed: the next invocation tries again
    throw error;
  }
}

async function openHandler(): Promise<CaptureHandler> {
  const file = process.env['MIGRATE_ENVIRONMENT'];
  if (file === undefined) throw new UserError('The variable MIGRATE_ENVIRONMENT names no file');
  const environment = await readEnvironment(file);
  const own = process.env['MIGRATE_OWN_PRINCIPALS']?.split(',').filter((name) => name !== '');
  const ledger = openLedger(environment.ledger, { max: 1, application: 'capture-lambda' });
  return new CaptureHandler(ledger, eventRules(environment, own));
}
