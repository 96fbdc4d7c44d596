import { randomBytes, randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { cephKey } from '../../../infra/local/ceph/keyring.ts';
import { UserError } from '../../contract/errors.ts';
import { writeFileAtomic } from '../../platform/write-file.ts';

const IdentitySchema = z.strictObject({
  clusterId: z.uuid(),
  /** Ceph's own keys by daemon or user. */
  keys: z.record(z.string(), z.string()),
  /** The id of each OSD's disk. */
  osds: z.array(z.uuid()),
});
export type ClusterIdentity = z.infer<typeof IdentitySchema>;

/**
 * The ids and keys of a cluster: random, made once and kept in `file` (mode 0600). A cluster without them
 * cannot be opened again, so a damaged file is an error and never replaced.
 */
export async function clusterIdentity(
  file: string,
  wanted: { principals: readonly string[]; osds: number },
): Promise<ClusterIdentity> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  let identity: ClusterIdentity;
  if (text === undefined) {
    identity = { clusterId: randomUUID(), keys: {}, osds: [] };
  } else {
    const parsed = IdentitySchema.safeParse(parseJson(text));
    if (!parsed.success) {
      throw new UserError(
        `${file} is damaged, and without it the cluster's data cannot be opened. Restore it, or start afresh: npm run local:down.`,
        { exitCode: 3 },
      );
    }
    identity = parsed.data;
  }
  for (const name of wanted.principals) identity.keys[name] ??= cephKey(randomBytes(16), new Date());
  while (identity.osds.length < wanted.osds) identity.osds.push(randomUUID());
  await writeFileAtomic(file, JSON.stringify(identity, null, 2) + '\n', { mode: 0o600 });
  return identity;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
