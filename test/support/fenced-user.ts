import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { StoreEndpoint } from '../../scripts/contract/environment.ts';
import { RgwAdmin } from '../../scripts/store/admin.ts';
import { StoreClient } from '../../scripts/store/client.ts';
import { BucketControl } from '../../scripts/store/control.ts';
import type { Scratch } from './real.ts';

/** A user of the target that a test may suspend without stopping anybody else's work. */
export type FencedUser = {
  uid: string;
  /** The target's endpoint with credentials in which `migration-sync` is this user. */
  endpoint: StoreEndpoint;
  client(): Promise<StoreClient>;
  remove(): Promise<void>;
};

/** Makes the user and lets it write to the scratch's target bucket. */
export async function fencedUser(scratch: Scratch, name: string): Promise<FencedUser> {
  const { targetCluster, targetBucket } = scratch.environment.moves[0] ?? {};
  const target = scratch.environment.targets[targetCluster ?? ''];
  if (target === undefined || targetBucket === undefined) throw new Error('the scratch has no target');
  const uid = `scratch-${name}`;
  const key = { accessKeyId: `AK${uid}`, secretAccessKey: randomBytes(20).toString('hex') };
  const admin = await RgwAdmin.open(target);
  await admin.removeUser(uid);
  await admin.createUser(uid, key);
  const folder = await mkdtemp(path.join(os.tmpdir(), 'storage-scratch-'));
  const credentialsFile = path.join(folder, 'credentials.json');
  await writeFile(credentialsFile, JSON.stringify({ 'migration-sync': key }), { mode: 0o600 });
  const control = await BucketControl.open(target, 'applications');
  await control.mergePolicy(targetBucket, [
    {
      Sid: 'Fenced',
      Effect: 'Allow',
      Principal: { AWS: [`arn:aws:iam:::user/${uid}`] },
      Action: ['s3:*'],
      Resource: [`arn:aws:s3:::${targetBucket}`, `arn:aws:s3:::${targetBucket}/*`],
    },
  ]);
  control.close();
  const endpoint: StoreEndpoint = { ...target, credentials: { kind: 'file', file: credentialsFile } };
  return {
    uid,
    endpoint,
    client: () => StoreClient.open(endpoint, 'migration-sync', { requestSeconds: 10 }),
    remove: async () => {
      const last = await BucketControl.open(target, 'applications');
      await last.removePolicy(targetBucket, ['Fenced']);
      last.close();
      await admin.removeUser(uid);
      await admin.close();
      await rm(folder, { recursive: true });
    },
  };
}
