import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Environment, Move } from '../../contract/environment.ts';
import { UserError } from '../../contract/errors.ts';
import type { Database } from '../../ledger/database.ts';
import { StoreClient } from '../../store/client.ts';
import { CANARY_KEY, MIGRATION } from '../../contract/names.ts';

/** How often the log is asked whether the canary is there, in milliseconds. */
const POLL_MS = 25;

/**
 * Amazon drops the events of what was written before it heeds a new notification, which takes it minutes
 * (https://docs.aws.amazon.com/AmazonS3/latest/userguide/how-to-enable-disable-notification-intro.html). So
 * a canary that has not come is followed by others.
 */
const AGAIN_MS = 5000;

/**
 * How long the first canary after `installCapture` may take, in seconds. RGW looks for a new topic's queue
 * every 30 s or so, and keeps what waits in it.
 */
export function firstCanarySeconds({ source }: Pick<Environment, 'source'>): number {
  return source.kind === 'aws' ? 600 : 150;
}

/** Opens a client that writes as the migration itself, whose events are dropped but for the canary's. */
export function openCanaryClient(environment: Environment): Promise<StoreClient> {
  return StoreClient.open(environment.source, MIGRATION, {
    requestSeconds: environment.bounds.requestSeconds,
    connections: environment.moves.length,
  });
}

/** Writes a canary that no other is equal to. @returns its ETag, by which its event is known */
export async function putCanary(client: StoreClient, bucket: string): Promise<string> {
  const nonce = randomUUID();
  const body = Buffer.from(JSON.stringify({ nonce, at: new Date().toISOString() }));
  const { etag } = await client.put(bucket, CANARY_KEY, body, {
    contentLength: body.length,
    headers: { contentType: 'application/json' },
    metadata: { nonce },
    acl: 'bucket-owner-full-control',
  });
  return etag;
}

export type CanaryProof = {
  /** From the first write to the last event. */
  seconds: number;
  /** When the first canary was written, by S3's own clock; null where its event did not say. */
  writtenAt: Date | null;
};

/**
 * Proves for every bucket that events come through to the log, and that those of every operation that had
 * been acknowledged before this was called are in it.
 *
 * RGW's queue hands out up to a hundred events at once and drops them up to the first that was not taken:
 * one canary could overtake an event that is refused at this moment. So there are two, the second written
 * when the first has arrived. If anything before the first one were still in the queue, the second
 * round would deliver the first one again; then it is done once more. (Amazon's queues promise no order:
 * there it proves only that capture is alive.)
 *
 * @returns what was proven, by move
 * @throws UserError (exit 1) that names the bucket whose canary did not come within `deadlineSeconds`
 */
export async function proveCanary(
  environment: Environment,
  ledger: Database,
  options: { deadlineSeconds: number },
): Promise<Record<string, CanaryProof>> {
  const began = performance.now();
  const deadline = began + options.deadlineSeconds * 1000;
  const client = await openCanaryClient(environment);
  try {
    const proven = await Promise.all(
      environment.moves.map(async (move): Promise<[string, CanaryProof]> => {
        let first = await roundTrip(environment, client, ledger, move, deadline);
        const { writtenAt } = first;
        for (;;) {
          const second = await roundTrip(environment, client, ledger, move, deadline);
          if ((await arrivals(ledger, move, first)).length === 1) break;
          first = second;
        }
        return [move.name, { seconds: (performance.now() - began) / 1000, writtenAt }];
      }),
    );
    return Object.fromEntries(proven);
  } finally {
    await client.close();
  }
}

/** A canary whose event has arrived. */
type Sent = { etag: string; position: bigint; writtenAt: Date | null };

/** Writes a canary, on Amazon again and again, and waits until the event of one is in the log. */
async function roundTrip(
  environment: Environment,
  client: StoreClient,
  ledger: Database,
  move: Move,
  deadline: number,
): Promise<Sent> {
  // Its event gets a higher position than any that exists now: where to look for it.
  const { rows } = await ledger.query<{ position: bigint }>(
    'SELECT coalesce(max(position), 0)::bigint AS position FROM operation',
  );
  const position = rows[0]?.position ?? 0n;
  const again = environment.source.kind === 'aws' ? AGAIN_MS : Infinity;
  const etags: string[] = [];
  let next = performance.now();
  for (;;) {
    if (performance.now() >= next) {
      etags.push(await putCanary(client, move.sourceBucket));
      next = performance.now() + again;
    }
    for (const etag of etags) {
      const [arrived] = await arrivals(ledger, move, { etag, position });
      if (arrived !== undefined) return { etag, position, writtenAt: arrived.eventTime };
    }
    if (performance.now() > deadline) throw notCome(environment, move);
    await sleep(POLL_MS);
  }
}

function notCome({ source }: Environment, move: Move): UserError {
  const hint =
    source.kind === 'aws'
      ? "Look at the function's log and the queue of what it could not store, and whether the bucket's notification names the queue " +
        '(or its events go to EventBridge, and the rule is enabled). S3 takes about five minutes to heed a new notification.'
      : 'Look whether the capture receiver runs (GET /health), its log, ' +
        "and the bucket's notification. RGW picks a new topic up within about 35 s, and after its own restart within two minutes; " +
        'if it found the receiver closed it may have stopped delivering, and goes on when it is restarted.';
  return new UserError(
    `The canary of "${move.name}" did not come through: an object was written to ${move.sourceBucket}, but its event ` +
      `did not reach the operation log in time. ${hint}`,
    { exitCode: 1 },
  );
}

/** A canary's events, one for each time that it was stored. */
async function arrivals(
  ledger: Database,
  move: Move,
  sent: Pick<Sent, 'etag' | 'position'>,
): Promise<{ eventTime: Date | null }[]> {
  const { rows } = await ledger.query<{ eventTime: Date | null }>(
    `SELECT event_time AS "eventTime" FROM operation
     WHERE position > $1 AND move = $2 AND key = $3 AND kind = 'canary' AND etag = $4`,
    [sent.position, move.name, CANARY_KEY, sent.etag],
  );
  return rows;
}
