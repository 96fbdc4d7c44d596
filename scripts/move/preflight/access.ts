import { type Environment, type Move, type StoreEndpoint } from '../../contract/environment.ts';
import {
  RESERVED_PREFIX,
  STRAGGLER,
  WRITERS_BEFORE_HOLD,
  QUARANTINE_BUCKET,
  MIGRATION,
  VERIFY,
} from '../../contract/names.ts';
import { messageOf, UserError } from '../../contract/errors.ts';
import { StoreClient } from '../../store/client.ts';
import { describeSource } from '../../store/identity/credentials.ts';
import { StoreError } from '../../store/errors.ts';
import { blocking, warning, type PreflightFinding } from './finding.ts';

const PROBE_KEY = `${RESERVED_PREFIX}preflight`;
/** Nothing has this ETag, so a PUT on this condition is refused after the right to it was checked. */
const NO_ETAG = '"00000000000000000000000000000000"';

/** Beyond this a signature is refused (AWS and RGW allow 15 minutes). */
const REFUSED_SKEW_SECONDS = 900;
const NOTED_SKEW_SECONDS = 60;

type Right = 'list' | 'write';
/** Who needs which right on which bucket. */
export type Need = { about: string; endpoint: StoreEndpoint; user: string; bucket: string; right: Right };

/**
 * Buckets exist, every user's key works, and each has the right that it needs. Nothing is written:
 * a PUT on a condition that cannot hold is answered 412 to those who may write and 403 to others.
 */
export async function checkAccess(environment: Environment): Promise<PreflightFinding[]> {
  const found = await Promise.all(environment.moves.map((move) => checkMove(environment, move)));
  return found.flat();
}

async function checkMove(environment: Environment, move: Move): Promise<PreflightFinding[]> {
  const target = environment.targets[move.targetCluster];
  if (target === undefined) return [blocking(move.name, `there is no target "${move.targetCluster}"`)];
  const source = environment.source;
  const from = { about: `source ${move.name}`, endpoint: source, bucket: move.sourceBucket };
  const to = { about: `target ${move.name}`, endpoint: target, bucket: move.targetBucket };
  const writers = [...WRITERS_BEFORE_HOLD, STRAGGLER];
  const needs: Need[] = [
    { ...from, user: MIGRATION, right: 'list' },
    { ...from, user: MIGRATION, right: 'write' },
    { ...to, user: VERIFY, right: 'list' },
    ...writers.flatMap((user): Need[] => [
      { ...to, user, right: 'list' },
      { ...to, user, right: 'write' },
    ]),
    { ...to, user: STRAGGLER, bucket: QUARANTINE_BUCKET, right: 'write' },
    { ...to, user: VERIFY, bucket: QUARANTINE_BUCKET, right: 'list' },
  ];
  const { requestSeconds } = environment.bounds;
  const findings = await Promise.all(needs.map((need) => checkNeed(need, requestSeconds)));
  // A missing bucket, or a store that does not answer, is one finding, not one for each user.
  const seen = new Set<string>();
  return findings.flat().filter(({ message }) => !seen.has(message) && seen.add(message));
}

export async function checkNeed(need: Need, requestSeconds: number): Promise<PreflightFinding[]> {
  const { about, endpoint, user, bucket, right } = need;
  let client: StoreClient | undefined;
  try {
    client = await StoreClient.open(endpoint, user, { requestSeconds, connections: 1 });
    if (right === 'write') await probeWrite(client, bucket);
    else await client.listPage(bucket, { maxKeys: 1 });
    return right === 'list' ? await checkClock(client, need) : [];
  } catch (error) {
    if (error instanceof UserError) return [blocking(about, error.message)];
    return explain(need, error);
  } finally {
    await client?.close();
  }
}

async function probeWrite(client: StoreClient, bucket: string): Promise<void> {
  try {
    await client.send({
      method: 'PUT',
      bucket,
      key: PROBE_KEY,
      headers: { 'if-match': NO_ETAG },
      body: Buffer.alloc(0),
    });
    await client.delete(bucket, PROBE_KEY); // a store that does not know the condition
  } catch (error) {
    // AWS answers 404 NoSuchKey where the object of the condition is not there.
    const condition = error instanceof StoreError && (error.status === 412 || error.code === 'NoSuchKey');
    if (!condition) throw error;
  }
}

function explain({ about, endpoint, user, bucket, right }: Need, error: unknown): PreflightFinding[] {
  if (!(error instanceof StoreError)) throw error;
  if (error.status === 404) {
    return [
      blocking(about, `there is no bucket ${bucket} at ${endpoint.endpoint}; create it, or correct its name`),
    ];
  }
  if (error.code === 'UserSuspended') {
    return [warning(about, `user ${user} is suspended; entering copy lets it write again`)];
  }
  if (error.status === 403) {
    const cause =
      error.code === 'InvalidAccessKeyId' || error.code === 'SignatureDoesNotMatch'
        ? `its key in ${describeSource(endpoint.credentials, user)} is not accepted (${error.code})`
        : 'grant it by the bucket policy';
    return [blocking(about, `user ${user} may not ${right} in ${bucket}: ${cause}`)];
  }
  if (error.status === 0) {
    return [blocking(about, `${endpoint.endpoint} does not answer: ${messageOf(error)}`)];
  }
  return [blocking(about, messageOf(error))];
}

async function checkClock(client: StoreClient, need: Need): Promise<PreflightFinding[]> {
  const { headers } = await client.send({ method: 'HEAD', bucket: need.bucket });
  return clockFindings(need.about, need.endpoint.endpoint, headers['date'], new Date());
}

/** What a store's `Date` header says of our clock. */
export function clockFindings(
  about: string,
  endpoint: string,
  date: string | undefined,
  now: Date,
): PreflightFinding[] {
  const theirs = Date.parse(date ?? '');
  if (Number.isNaN(theirs)) return [];
  const seconds = Math.round(Math.abs(now.getTime() - theirs) / 1000);
  if (seconds <= NOTED_SKEW_SECONDS) return [];
  const message = `the clock of this machine and that of ${endpoint} are ${seconds} s apart; set both by NTP`;
  return [seconds >= REFUSED_SKEW_SECONDS ? blocking(about, message) : warning(about, message)];
}
