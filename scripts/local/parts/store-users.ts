import { createHash } from 'node:crypto';
import path from 'node:path';
import type { StoreEndpoint } from '../../contract/environment.ts';
import { RgwAdmin } from '../../store/admin.ts';
import { StoreClient } from '../../store/client.ts';
import { BucketControl } from '../../store/control.ts';
import { clusterFolders } from '../../contract/local/cluster-folders.ts';
import { credentialsOf } from './credentials.ts';
import { credentialsFileOf } from '../../contract/local/home-paths.ts';
import { claimHome, once } from './home.ts';
import type { Say } from './run.ts';
import type { StoreUsersSpec } from '../../contract/local/specs.ts';

const REQUEST_SECONDS = 30;

/**
 * Makes the users and buckets of a store. Once: a user that a hold has suspended stays suspended, and a
 * policy that a later step changed stays as it is.
 */
export async function storeUsersUp(spec: StoreUsersSpec, say: Say): Promise<{ credentialsFile: string }> {
  const home = await claimHome(spec.home);
  const { configuration: notes } = clusterFolders(home.folder, spec.cluster);
  const credentials = await credentialsOf(home, spec.cluster, ['admin', ...spec.users]);
  const endpoint: StoreEndpoint = {
    kind: 'ceph',
    endpoint: spec.endpoint,
    region: spec.region,
    addressing: 'path',
    credentials: { kind: 'file', file: credentialsFileOf(home, spec.cluster) },
  };
  const admin = await RgwAdmin.open(endpoint, 'admin', { requestSeconds: REQUEST_SECONDS });
  try {
    for (const user of spec.users) {
      const key = credentials[user];
      if (key === undefined) throw new TypeError(`no key for ${user}`);
      await once(path.join(notes, `user.${user}.done`), key.accessKeyId, async () => {
        say(`${spec.cluster}: user ${user}`);
        await admin.createUser(user, key);
      });
    }
  } finally {
    await admin.close();
  }
  for (const bucket of spec.buckets) {
    const wanted = createHash('sha256').update(JSON.stringify(bucket)).digest('hex');
    await once(path.join(notes, `bucket.${bucket.name}.done`), wanted, async () => {
      say(`${spec.cluster}: bucket ${bucket.name}`);
      await makeBucket(endpoint, bucket);
    });
  }
  return { credentialsFile: credentialsFileOf(home, spec.cluster) };
}

async function makeBucket(endpoint: StoreEndpoint, bucket: StoreUsersSpec['buckets'][number]): Promise<void> {
  const client = await StoreClient.open(endpoint, bucket.owner, { requestSeconds: REQUEST_SECONDS });
  try {
    if (!(await client.bucketExists(bucket.name))) await client.createBucket(bucket.name);
  } finally {
    await client.close();
  }
  const control = await BucketControl.open(endpoint, bucket.owner, { requestSeconds: REQUEST_SECONDS });
  try {
    await control.mergePolicy(bucket.name, bucket.statements);
  } finally {
    control.close();
  }
}
