import { Pool } from 'undici';
import { encodeQuery, EMPTY_SHA256, Signer } from '../../scripts/store/signing.ts';
import type { Place } from '../peers.ts';

/** Only the pages of both listings, side by side, and nothing read from them but where the next begins. */

type Task = { source: Place; target: Place; from: string; to: string };
const task = JSON.parse(process.argv[2] ?? '') as Task;

async function pages({ endpoint, region, keys }: Place, bucket: string): Promise<void> {
  const { host } = new URL(endpoint);
  const signer = new Signer(keys, { region, service: 's3' });
  const pool = new Pool(endpoint, { connections: 1, pipelining: 1 });
  let token: string | undefined;
  do {
    const query: Record<string, string> = {
      'list-type': '2',
      ...(token !== undefined && { 'continuation-token': token }),
    };
    const path = `/${bucket}`;
    const signed = { method: 'GET', path, query, headers: { host, 'x-amz-content-sha256': EMPTY_SHA256 } };
    const answer = await pool.request({
      method: 'GET',
      path: `${path}?${encodeQuery(query)}`,
      headers: signer.sign(signed),
    });
    const text = await answer.body.text();
    if (answer.statusCode !== 200) throw new Error(`${String(answer.statusCode)}: ${text}`);
    token = /<NextContinuationToken>([^<]*)</.exec(text)?.[1];
  } while (token !== undefined);
  await pool.close();
}

await Promise.all([pages(task.source, task.from), pages(task.target, task.to)]);
