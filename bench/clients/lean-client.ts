import { Pool } from 'undici';
import { Signer, UNSIGNED_PAYLOAD } from '../../scripts/store/signing.ts';
import type { Place } from '../peers.ts';

/** A request that is sent as it is: its path needs no encoding. */
export type LeanRequest = { method: 'GET' | 'PUT'; path: string; type?: string; body?: Buffer };

/** Sends requests by as little as a client can be, so many at once; reads every answer to its end. */
export async function sendAll(
  { endpoint, region, keys }: Place,
  requests: readonly (() => LeanRequest)[],
  atOnce: number,
): Promise<void> {
  const { host } = new URL(endpoint);
  const signer = new Signer(keys, { region, service: 's3' });
  const pool = new Pool(endpoint, { connections: atOnce, pipelining: 1 });
  const next = requests.values();
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (const make of next) {
        const { method, path, type, body = null } = make();
        const headers = signer.sign({
          method,
          path,
          query: {},
          headers: {
            host,
            ...(body !== null && { 'content-length': String(body.length) }),
            ...(type !== undefined && { 'content-type': type }),
            'x-amz-content-sha256': UNSIGNED_PAYLOAD,
          },
        });
        const answer = await pool.request({ method, path, headers, body });
        if (answer.statusCode !== 200) throw new Error(`${answer.statusCode}: ${await answer.body.text()}`);
        await answer.body.arrayBuffer();
      }
    }),
  );
  await pool.close();
}
