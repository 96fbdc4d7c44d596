import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Environment, Move } from '../../../scripts/contract/environment.ts';
import { recordWaiver, type Certificate } from '../../../scripts/ledger/certificates.ts';
import { recordConflict } from '../../../scripts/ledger/conflicts.ts';
import { BucketControl } from '../../../scripts/store/control.ts';
import type { StoreClient } from '../../../scripts/store/client.ts';
import { takeContainmentCertificate } from '../../../scripts/move/verify/containment.ts';
import { QUARANTINE_BUCKET } from '../../../scripts/contract/names.ts';
import { realServices, type Scratch } from '../../support/real.ts';
import { quarantineBucket, bothSides, findingsOf, quick } from './support.ts';

let scratch: Scratch;
let environment: Environment;
let sides: Awaited<ReturnType<typeof bothSides>>;
let quarantine: StoreClient;
const NO_RECORD = 'no record of a later write or delete on Ceph';

beforeAll(async () => {
  scratch = await (await realServices()).scratch('containment');
  environment = quick(scratch);
  sides = await bothSides(scratch);
  quarantine = await quarantineBucket(environment);
});
afterAll(async () => {
  await quarantine.close();
  await scratch.close();
});

const take = (): Promise<Certificate> =>
  takeContainmentCertificate(environment, scratch.ledger, environment.moves[0] as Move);

async function keepAside(key: string, body: string, kept: string | null): Promise<void> {
  const { etag } = await sides.onSource(key, body);
  const quarantineKey = `scratch/${key}/1`;
  if (kept !== null) await quarantine.put(QUARANTINE_BUCKET, quarantineKey, Buffer.from(kept));
  await recordConflict(scratch.ledger, {
    move: 'scratch',
    key,
    position: 1n,
    kind: 'put',
    sourceEtag: etag,
    sourceSize: body.length,
    targetEtag: null,
    quarantineBucket: QUARANTINE_BUCKET,
    quarantineKey,
    reason: 'a test',
  });
}

test('each object of S3 is equal, superseded by a recorded operation, quarantined, waived, or a finding', async () => {
  const { targetBucket } = scratch;
  const onlyOnCeph = ['never-told', 'told'];
  const copied = ['equal', 'overwritten', 'deleted', 'retagged', 'rewritten', 'erased', 'changed-on-s3'];
  for (const key of [...copied, ...onlyOnCeph])
    await sides.onBoth(key, `before of ${key}`, { metadata: { of: key } });
  const control = await BucketControl.open(Object.values(environment.targets)[0] as never, 'applications');
  await control.setVersioning(targetBucket, true);
  control.close();
  // From here on Ceph records what clients do.
  await sides.onTarget('overwritten', 'after');
  await sides.target.delete(targetBucket, 'deleted');
  await sides.onTarget('rewritten', 'before of rewritten', { metadata: { of: 'somebody else' } });
  await sides.target.setTags(targetBucket, 'retagged', { late: '1' });
  await sides.target.delete(targetBucket, 'erased', { versionId: 'null' });
  await sides.onSource('changed-on-s3', 'by a straggler that nobody saw');
  await sides.onTarget('changed-on-s3', 'by a client');
  await sides.onSource('never-copied', 'x');
  await sides.onSource('waived', 'x');
  await recordWaiver(scratch.ledger, { move: 'scratch', key: 'waived', reason: 'r', namedBy: 'n' });
  await sides.onTarget('only-on-ceph', 'x');
  for (const key of onlyOnCeph) await sides.source.delete(scratch.sourceBucket, key);
  await recordConflict(scratch.ledger, {
    move: 'scratch',
    key: 'told',
    position: 2n,
    kind: 'delete',
    sourceEtag: null,
    sourceSize: null,
    targetEtag: null,
    quarantineBucket: null,
    quarantineKey: null,
    reason: 'a straggler deleted it',
  });
  await keepAside('conflict', 'straggler', 'straggler');
  await keepAside('conflict-lost', 'straggler', null);
  await keepAside('conflict-wrong', 'straggler', 'strangler');

  const certificate = await take();
  expect(certificate.document['classes']).toEqual({
    equal: 1,
    superseded: 3,
    quarantined: 1,
    waived: 1,
    unexplained: 7,
    'only on target': 2,
  });
  expect(findingsOf(certificate)).toEqual([
    { key: 'changed-on-s3', differs: ['size', 'etag', NO_RECORD] },
    { key: 'conflict-lost', differs: ['missing at the target', NO_RECORD] },
    { key: 'conflict-wrong', differs: ['missing at the target', NO_RECORD] },
    { key: 'erased', differs: ['missing at the target', NO_RECORD] },
    { key: 'never-copied', differs: ['missing at the target', NO_RECORD] },
    {
      key: 'never-told',
      differs: ['only at the target', 'no client wrote it, and S3 has told of no delete'],
    },
    { key: 'retagged', differs: ['tags', NO_RECORD] },
  ]);
  expect(certificate).toMatchObject({ kind: 'containment', findings: 7 });
  // All of S3's objects are in the digest, whatever became of them.
  expect(certificate.document).toMatchObject({ objects: 12 });
  await quarantine.delete(QUARANTINE_BUCKET, 'scratch/conflict/1');
  await quarantine.delete(QUARANTINE_BUCKET, 'scratch/conflict-wrong/1');
});

test('an object of parts whose copy is one piece is found in the history by its bytes', async () => {
  const { sourceBucket } = scratch;
  const body = Buffer.from('in parts');
  const uploadId = await sides.source.createUpload(sourceBucket, 'parts');
  const etag = await sides.source.uploadPart(sourceBucket, 'parts', {
    uploadId,
    partNumber: 1,
    body,
    contentLength: body.length,
  });
  await sides.source.completeUpload(sourceBucket, 'parts', { uploadId, parts: [{ partNumber: 1, etag }] });
  const head = await sides.source.head(sourceBucket, 'parts');
  await sides.onTarget('parts', 'in parts', { headers: head?.headers ?? {} });
  await sides.onTarget('parts', 'later');
  const certificate = await take();
  expect(findingsOf(certificate).map(({ key }) => key)).not.toContain('parts');
  expect(certificate.document['classes']).toMatchObject({ superseded: 4 });
});
