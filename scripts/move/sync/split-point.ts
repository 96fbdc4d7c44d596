import { compareKeys } from '../../store/keys.ts';
import type { ListedPage } from '../../store/listing.ts';
import { between } from './midpoint.ts';

/** A key space in which this many probes find no cut has none that is worth the requests. */
const MOST_PROBES = 200;

/**
 * Finds where to cut the keys after `after` (exclusive) until `until` (inclusive; null is the end) in two
 * without listing them: asks for the page that follows a text halfway between both ends, and again nearer to
 * `after` while there are too few keys behind it.
 *
 * @param options.least keys that either half has at least; at most a page
 * @returns a key, the last of the first half; null where there are too few keys to share
 */
export async function findCut(
  list: (options: { after: string; maxKeys: number }) => Promise<ListedPage>,
  range: { after: string; until: string | null },
  least: number,
): Promise<string | null> {
  const inside = async (after: string, maxKeys: number): Promise<string[]> => {
    const { objects } = await list({ after, maxKeys });
    const keys = objects.map(({ key }) => key);
    const { until } = range;
    return until === null ? keys : keys.filter((key) => compareKeys(key, until) <= 0);
  };
  const first = await inside(range.after, least);
  const low = first.at(-1);
  if (low === undefined || first.length < least) return null;
  let high = range.until;
  for (let probe = 0; probe < MOST_PROBES; probe += 1) {
    const middle = between(low, high);
    if (middle === null) return null;
    // One key tells whether anything is there at all, and costs the store next to nothing.
    const [next] = await inside(middle, 1);
    if (next !== undefined && (await inside(next, least)).length >= least) return next;
    high = middle;
  }
  return null;
}
