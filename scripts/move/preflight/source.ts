import { type Environment, type Move } from '../../contract/environment.ts';
import {
  RESERVED_PREFIX,
  CANARY_KEY,
  EPOCH_KEY,
  DENY_SID,
  isExpiryRule,
  MIGRATION,
  APPLICATIONS,
} from '../../contract/names.ts';
import { listWaivers } from '../../ledger/certificates.ts';
import type { Pool } from '../../ledger/database.ts';
import { StoreClient } from '../../store/client.ts';
import { BucketControl } from '../../store/control.ts';
import { StoreError } from '../../store/errors.ts';
import type { ListedObject } from '../../store/object.ts';
import { ARCHIVED } from '../common/compare-key.ts';
import { blocking, warning, type PreflightFinding } from './finding.ts';
import { cacheTierFindings, overlapFindings } from './source-aws.ts';
import { checkRules } from './source-rules.ts';

/** So many objects are listed to see their storage classes; a full listing of a big bucket takes hours. */
const LISTED = 5000;
/** And of so many of them HEAD tells how they are encrypted. */
const LOOKED_AT = 50;

/** What in a source bucket cannot move, moves otherwise than one might think, or is in our way. */
export async function checkSource(
  environment: Environment,
  ledger: Pool,
  move: Move,
): Promise<PreflightFinding[]> {
  const about = `source ${move.name}`;
  const { requestSeconds } = environment.bounds;
  const client = await StoreClient.open(environment.source, MIGRATION, { requestSeconds, connections: 8 });
  const control = await BucketControl.open(environment.source, APPLICATIONS, { requestSeconds });
  try {
    const found = await Promise.all([
      checkContents(environment, ledger, move, { client, control }),
      checkDocuments(environment, control, move, about),
    ]);
    return found.flat();
  } finally {
    control.close();
    await client.close();
  }
}

/** The part that holds for any two stores: what is in the bucket. */
export async function checkContents(
  environment: Environment,
  ledger: Pool,
  move: Move,
  { client, control }: { client: StoreClient; control: BucketControl },
): Promise<PreflightFinding[]> {
  const about = `source ${move.name}`;
  const waived = new Set((await listWaivers(ledger, move.name)).map(({ key }) => key));
  const found = await Promise.all([
    checkObjects(environment, client, move, about, waived),
    checkReserved(client, move.sourceBucket, about),
    checkHistory(client, control, move.sourceBucket, about),
    checkLock(client, move.sourceBucket, about),
    checkRules(control, move.sourceBucket, about),
  ]);
  return found.flat();
}

async function checkObjects(
  environment: Environment,
  client: StoreClient,
  move: Move,
  about: string,
  waived: ReadonlySet<string>,
): Promise<PreflightFinding[]> {
  const bucket = move.sourceBucket;
  const sample: ListedObject[] = [];
  for await (const object of client.list(bucket)) {
    sample.push(object);
    if (sample.length === LISTED) break;
  }
  const open = sample.filter(({ key }) => !waived.has(key));
  const answers = await Promise.all(
    spread(open, LOOKED_AT).map(({ key }) => encryptionOf(client, bucket, key)),
  );
  const encryption = answers.filter((name) => name !== null);
  return [
    ...archiveFindings(about, open),
    ...encryptionFindings(about, encryption),
    ...cacheTierFindings(about, environment, move, encryption),
  ];
}

/** `count` of the items, evenly spread. */
export function spread<T>(items: readonly T[], count: number): T[] {
  if (items.length <= count) return [...items];
  return Array.from({ length: count }, (_, index) => items[Math.floor((index * items.length) / count)] as T);
}

export function archiveFindings(about: string, sample: readonly ListedObject[]): PreflightFinding[] {
  return ARCHIVED.flatMap((storageClass) => {
    const objects = sample.filter((object) => object.storageClass === storageClass);
    if (objects.length === 0) return [];
    const bytes = objects.reduce((sum, { size }) => sum + size, 0);
    const hours = storageClass === 'GLACIER' ? 'up to 12 hours in bulk' : 'up to 48 hours in bulk';
    return [
      blocking(
        about,
        `at least ${objects.length} objects (${bytes} bytes of the first ${sample.length} objects) are in ${storageClass} and cannot be read: ` +
          `restore them first (${hours}; AWS charges by the GB and for the copy's days), or waive them by name: migrate verify waive`,
      ),
    ];
  });
}

/** `SSE-C` where HEAD is refused as it is for objects whose key only their owner has; `refused` where it may not be asked. */
async function encryptionOf(client: StoreClient, bucket: string, key: string): Promise<string | null> {
  try {
    return (await client.head(bucket, key))?.encryption ?? null;
  } catch (error) {
    if (error instanceof StoreError && error.status === 400) return 'SSE-C';
    if (error instanceof StoreError && error.status === 403) return 'refused';
    throw error;
  }
}

export function encryptionFindings(about: string, names: readonly string[]): PreflightFinding[] {
  const findings: PreflightFinding[] = [];
  const opaque = names.filter((name) => name === 'SSE-C').length;
  if (opaque > 0) {
    findings.push(
      blocking(
        about,
        `${opaque} of the objects looked at are encrypted with a key that only their owner has (SSE-C) and can be neither copied nor compared: ` +
          'have them written again without it, or waive them by name: migrate verify waive',
      ),
    );
  }
  const refused = names.filter((name) => name === 'refused').length;
  if (refused > 0) {
    findings.push(
      blocking(
        about,
        `${refused} of the objects looked at may not be read with these keys (403) and can be neither copied nor compared: ` +
          'grant s3:GetObject, or waive them by name: migrate verify waive',
      ),
    );
  }
  const kms = names.filter((name) => name.startsWith('aws:kms')).length;
  if (kms > 0) {
    findings.push(
      warning(
        about,
        `${kms} of the objects looked at are encrypted with a KMS key: their ETags are no digests, so their bytes are read to compare them; at the target they are encrypted as that store does it`,
      ),
    );
  }
  return findings;
}

async function checkReserved(
  client: StoreClient,
  bucket: string,
  about: string,
): Promise<PreflightFinding[]> {
  const { objects } = await client.listPage(bucket, { prefix: RESERVED_PREFIX, maxKeys: 10 });
  const theirs = objects.filter(({ key }) => key !== CANARY_KEY && key !== EPOCH_KEY);
  if (theirs.length === 0) return [];
  return [
    blocking(
      about,
      `keys begin with ${RESERVED_PREFIX}, which is the migration's own and does not move, for example ${JSON.stringify(theirs[0]?.key)}: rename them`,
    ),
  ];
}

async function checkHistory(
  client: StoreClient,
  control: BucketControl,
  bucket: string,
  about: string,
): Promise<PreflightFinding[]> {
  if ((await control.versioning(bucket)) === 'off') return [];
  let [seen, older, markers, bytes] = [0, 0, 0, 0];
  for await (const { isLatest, isDeleteMarker, size = 0 } of client.listVersions(bucket)) {
    seen += 1;
    if (isDeleteMarker) markers += 1;
    else if (!isLatest) [older, bytes] = [older + 1, bytes + size];
    if (seen === LISTED) break;
  }
  if (older + markers === 0) return [];
  const much = `the bucket is versioned: of the first ${seen} versions ${older} are not the latest (${bytes} bytes) and ${markers} are delete markers`;
  return [
    warning(
      about,
      `${much}. Only the latest moves, the rest is gone with S3 after retire; migrate sync --versions carries all of it, into a bucket that is versioned`,
    ),
  ];
}

async function checkLock(client: StoreClient, bucket: string, about: string): Promise<PreflightFinding[]> {
  try {
    const { text } = await client.send({ method: 'GET', bucket, query: { 'object-lock': '' } });
    if (!text.includes('<ObjectLockEnabled>Enabled')) return [];
  } catch (error) {
    if (error instanceof StoreError && error.status >= 400 && error.status < 500) return [];
    throw error;
  }
  return [
    blocking(
      about,
      'Object Lock is on: retention and legal holds do not move, and no lifecycle rule can expire what they hold. Move what is under lock by hand first',
    ),
  ];
}

async function checkDocuments(
  environment: Environment,
  control: BucketControl,
  move: Move,
  about: string,
): Promise<PreflightFinding[]> {
  const bucket = move.sourceBucket;
  const [policy, rules, notifications] = await Promise.all([
    control.policy(bucket),
    control.lifecycle(bucket),
    control.notifications(bucket),
  ]);
  const findings: PreflightFinding[] = [];
  if (
    rules.some(({ id }) => id !== undefined && isExpiryRule(id)) ||
    policy?.Statement.some(({ Sid }) => Sid === DENY_SID)
  ) {
    findings.push(
      blocking(
        about,
        'the bucket carries rules of a retire: it is being emptied, or was. Take them out first',
      ),
    );
  }
  if (environment.source.kind === 'aws') findings.push(...overlapFindings(about, move, notifications));
  return findings;
}
