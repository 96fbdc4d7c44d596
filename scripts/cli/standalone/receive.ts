import { readNotification } from '../../move/capture/event.ts';
import { eventRules, storeReadings } from '../../move/capture/handler.ts';
import { startReceiver, type Receiver } from '../../platform/notifications/receiver.ts';
import { type Environment } from '../../contract/environment.ts';
import { RESERVED_PREFIX } from '../../contract/names.ts';
import { UserError } from '../../contract/errors.ts';
import type { Pool } from '../../ledger/database.ts';
import { replayLag, type NewOperation } from '../../ledger/operations.ts';

/**
 * Takes the source's notifications (POST, as RGW and MinIO push them) into the log of this process's replay. An
 * answer of 200 says that they are durable. The bucket's notification must point here.
 *
 * @param listen for example `http://0.0.0.0:8090/events`
 */
export function receiveEvents(environment: Environment, ledger: Pool, listen: string): Promise<Receiver> {
  if (!URL.canParse(listen) || new URL(listen).protocol !== 'http:') {
    throw new UserError(`--listen is "${listen}"; it must be a URL such as http://0.0.0.0:8090/events`);
  }
  // Nobody writes to the source for us here: no principal is left out.
  const rules = eventRules(environment, []);
  const prefix = environment.source.prefix ?? '';
  return startReceiver({
    url: listen,
    handler: {
      async store(document) {
        const { unread, ...read } = readNotification(asAmazonWrites(document), rules);
        const operations = withoutFolder(read.operations, prefix);
        await storeReadings(ledger, [{ operations, unread }]);
        return operations.length;
      },
    },
    health: () => replayLag(ledger),
  });
}

/**
 * MinIO's records are Amazon's, form-encoded keys and all, under another name.
 * https://github.com/minio/minio/blob/master/cmd/event-notification.go
 */
export function asAmazonWrites(document: unknown): unknown {
  const { Records } = (document ?? {}) as { Records?: unknown };
  if (!Array.isArray(Records)) return document;
  const records = Records.map((record: { eventSource?: unknown } | null) =>
    record?.eventSource === 'minio:s3' ? { ...record, eventSource: 'aws:s3' } : record,
  );
  return { ...(document as object), Records: records };
}

/** What happened in the folder, named as everything else names it; the rest of the bucket is not ours. */
export function withoutFolder(operations: readonly NewOperation[], prefix: string): NewOperation[] {
  return operations
    .filter(({ key }) => key.startsWith(prefix) && key !== prefix)
    .map((operation) => ({ ...operation, key: operation.key.slice(prefix.length) }))
    .filter(({ key }) => !key.startsWith(RESERVED_PREFIX));
}
