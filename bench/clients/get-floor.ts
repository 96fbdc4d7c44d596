import { smallObjects } from '../objects.ts';
import type { Place } from '../peers.ts';
import { sendAll } from './lean-client.ts';

/** Only the GETs of the same objects, whose bytes go nowhere. */

type Task = { source: Place; from: string; sizes: Parameters<typeof smallObjects>; atOnce: number };
const { source, from, sizes, atOnce } = JSON.parse(process.argv[2] ?? '') as Task;
const gets = smallObjects(...sizes).map(({ key }) => () => ({
  method: 'GET' as const,
  path: `/${from}/${key}`,
}));
await sendAll(source, gets, atOnce);
