import { Pool } from 'undici';
import { Signer, UNSIGNED_PAYLOAD } from '../../scripts/store/signing.ts';
import { bytesOf, smallObjects } from '../objects.ts';
import type { Place } from '../peers.ts';

/** Only the PUTs of the same bytes, from memory, by as little as a client can be: what no copy can be faster than. */

type Task = { target: Place; to: string; sizes: Parameters<typeof smallObjects>; atOnce: number };
const task = JSON.parse(process.argv[2] ?? '') as Task;
const objects = smallObjects(...task.sizes);
const { endpoint, region, keys } = task.target;
const { host } = new URL(endpoint);
const signer = new Signer(keys, { region, service: 's3' });
const pool = new Pool(endpoint, { connections: task.atOnce, pipelining: 1 });

let next = 0;
await Promise.all(
  Array.from({ length: task.atOnce }, async () => {
    for (;;) {
      const object = objects[next++];
      if (object === undefined) return;
      const path = `/${task.to}/${object.key}`;
      const body = bytesOf(object);
      const headers = signer.sign({
        method: 'PUT',
        path,
        query: {},
        headers: {
          host,
          'content-length': String(body.length),
          'content-type': 'image/jpeg',
          'x-amz-content-sha256': UNSIGNED_PAYLOAD,
        },
      });
      const answer = await pool.request({ method: 'PUT', path, headers, body });
      if (answer.statusCode !== 200) throw new Error(`${answer.statusCode}: ${await answer.body.text()}`);
      await answer.body.dump();
    }
  }),
);
await pool.close();
