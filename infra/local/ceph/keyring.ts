import { osdIds, type ClusterSpec } from './cluster.ts';

/** A daemon or user of Ceph, and what it may do. */
export type Principal = { name: string; capabilities: Readonly<Record<string, string>> };

/** Everybody that a cluster knows from its first second on. */
export function principalsOf(cluster: ClusterSpec): Principal[] {
  return [
    { name: 'mon.', capabilities: { mon: 'allow *' } },
    {
      name: 'client.admin',
      capabilities: { mon: 'allow *', mgr: 'allow *', osd: 'allow *', mds: 'allow *' },
    },
    { name: 'mgr.a', capabilities: { mon: 'allow profile mgr', osd: 'allow *', mds: 'allow *' } },
    ...osdIds(cluster).map((id) => ({
      name: `osd.${id}`,
      capabilities: { mon: 'allow profile osd', mgr: 'allow profile osd', osd: 'allow *' },
    })),
    ...cluster.gateways.map((gateway) => ({
      name: `client.rgw.${gateway.name}`,
      capabilities: { mon: 'allow rw', mgr: 'allow rw', osd: 'allow rwx' },
    })),
  ];
}

/**
 * The text of a keyring.
 *
 * @param keys base64 by name (`cephKey`); throws TypeError where one is missing
 */
export function keyringText(
  principals: readonly Principal[],
  keys: Readonly<Record<string, string>>,
): string {
  return principals
    .map(({ name, capabilities }) => {
      const key = keys[name];
      if (key === undefined) throw new TypeError(`no key for ${name}`);
      const lines = Object.entries(capabilities).map(([daemon, text]) => `\tcaps ${daemon} = "${text}"\n`);
      return `[${name}]\n\tkey = ${key}\n${lines.join('')}`;
    })
    .join('');
}

/**
 * A secret in Ceph's form (`CryptoKey::encode` in src/auth/Crypto.cc): type 1 (AES), the time it was made
 * as seconds and nanoseconds, the length, the secret; little-endian, in base64.
 *
 * @param secret 16 random bytes
 */
export function cephKey(secret: Uint8Array, madeAt: Date): string {
  if (secret.length !== 16) throw new TypeError(`a secret of ${secret.length} bytes; it must have 16`);
  const header = Buffer.alloc(12);
  header.writeUInt16LE(1, 0);
  header.writeUInt32LE(Math.floor(madeAt.getTime() / 1000), 2);
  header.writeUInt32LE((madeAt.getTime() % 1000) * 1_000_000, 6);
  header.writeUInt16LE(16, 10);
  return Buffer.concat([header, secret]).toString('base64');
}
