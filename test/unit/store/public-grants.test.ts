import { once } from 'node:events';
import { mkdtemp, writeFile } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { StoreClient } from '../../../scripts/store/client.ts';

const GROUP = 'http://acs.amazonaws.com/groups/global';
const grant = (grantee: string, permission = 'READ') =>
  `<Grant><Grantee>${grantee}</Grantee><Permission>${permission}</Permission></Grant>`;
const EVERYBODY = grant(`<URI>${GROUP}/AllUsers</URI>`);
const SIGNED_IN = grant(`<URI>${GROUP}/AuthenticatedUsers</URI>`, 'WRITE');
const PARTNER = grant('<ID>partner</ID>');

const open: { close(): unknown }[] = [];
afterEach(() => Promise.all(open.splice(0).map((each) => each.close())));

/** A bucket of Amazon's with objects that carry these grants. */
async function bucket(given: {
  /** The bucket's own block; undefined: it has none. */
  ignores?: boolean;
  /** What a read without a signature is answered. */
  anonymous: number;
  grants?: string;
  kind?: 'aws' | 'ceph';
}) {
  const anonymous: string[] = [];
  const server = http.createServer((request, response) => {
    const url = request.url ?? '';
    if (request.headers.authorization === undefined) {
      anonymous.push(`${request.method} ${url}`);
      response.writeHead(given.anonymous).end();
    } else if (url.includes('?publicAccessBlock')) {
      if (given.ignores === undefined) {
        response.writeHead(404).end('<Error><Code>NoSuchPublicAccessBlockConfiguration</Code></Error>');
      } else {
        response.end(
          `<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls><IgnorePublicAcls>${given.ignores}</IgnorePublicAcls></PublicAccessBlockConfiguration>`,
        );
      }
    } else if (url.includes('?ownershipControls')) {
      response.writeHead(404).end('<Error><Code>OwnershipControlsNotFoundError</Code></Error>');
    } else {
      const grants = url.startsWith('/b?') ? '' : (given.grants ?? EVERYBODY + SIGNED_IN + PARTNER);
      response.end(
        `<AccessControlPolicy><Owner><ID>me</ID></Owner><AccessControlList>${grants}</AccessControlList></AccessControlPolicy>`,
      );
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const file = path.join(await mkdtemp(path.join(os.tmpdir(), 'storage-grants-')), 'keys.json');
  await writeFile(file, JSON.stringify({ me: { accessKeyId: 'a', secretAccessKey: 'b' } }));
  const client = await StoreClient.open(
    {
      kind: given.kind ?? 'aws',
      endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      region: 'us-east-1',
      addressing: 'path',
      credentials: { kind: 'file', file },
    },
    'me',
    { requestSeconds: 5 },
  );
  open.push(client, { close: () => (server.closeAllConnections(), server.close()) });
  return { client, anonymous };
}

const partner = 'READ id="partner"';
const all = `${partner}\nREAD uri="${GROUP}/AllUsers"\nWRITE uri="${GROUP}/AuthenticatedUsers"`;

test("grants to the public are not copied where the bucket's Public Access Block ignores them", async () => {
  const { client, anonymous } = await bucket({ ignores: true, anonymous: 200 });
  expect(await client.acl('b', 'k')).toBe(partner);
  expect(anonymous).toEqual([]);
});

test("nor where the account's does, which a read without a signature shows", async () => {
  const { client, anonymous } = await bucket({ ignores: false, anonymous: 403 });
  expect(await client.acl('b', 'k')).toBe(partner);
  expect(await client.acl('b', 'l')).toBe(partner);
  expect(anonymous).toEqual(['HEAD /b/k', 'HEAD /b/l']);
});

test('they are where the public is let in, which is asked once', async () => {
  const { client, anonymous } = await bucket({ anonymous: 200 });
  expect(await client.acl('b', 'k')).toBe(all);
  expect(await client.acl('b', 'l')).toBe(all);
  expect(anonymous).toEqual(['HEAD /b/k']);
});

test('what cannot be shown to be public stays private', async () => {
  const { client, anonymous } = await bucket({ anonymous: 200, grants: SIGNED_IN });
  expect(await client.acl('b', 'k')).toBe('');
  expect(anonymous).toEqual([]);
});

test('a store without accounts is not asked without a signature, nor is any for grants to single ones', async () => {
  const ceph = await bucket({ anonymous: 403, kind: 'ceph' });
  expect(await ceph.client.acl('b', 'k')).toBe(all);
  const single = await bucket({ anonymous: 403, grants: PARTNER });
  expect(await single.client.acl('b', 'k')).toBe(partner);
  expect([...ceph.anonymous, ...single.anonymous]).toEqual([]);
});
