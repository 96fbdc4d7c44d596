import { expect, it, vi } from 'vitest';
import type { Transport } from '../../../scripts/store/http.ts';
import { listObjects } from '../../../scripts/store/listing.ts';

// Nobody waits for the pauses here.
vi.mock('node:timers/promises', () => ({ setTimeout: () => Promise.resolve() }));

const page = (keys: readonly string[], truncated: boolean) =>
  `<ListBucketResult><IsTruncated>${truncated}</IsTruncated>${keys
    .map(
      (key) =>
        `<Contents><Key>${key}</Key><LastModified>2026-01-02T03:04:05.678Z</LastModified>` +
        `<ETag>"d41d8cd98f00b204e9800998ecf8427e"</ETag><Size>7</Size></Contents>`,
    )
    .join('')}</ListBucketResult>`;

/** A store that answers listings with these pages, one after another, and the last one from then on. */
function storeOf(pages: readonly string[]) {
  const asked: string[] = [];
  const send = ({ query }: { query?: Record<string, string> }) => {
    asked.push(query?.['start-after'] ?? '');
    return Promise.resolve({ text: pages[Math.min(asked.length, pages.length) - 1] });
  };
  return { asked, transport: { prefix: '', send } as unknown as Transport };
}

async function keysOf(transport: Transport): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of listObjects(transport, 'images')) keys.push(key);
  return keys;
}

it.each([
  ['empty though more follows', page([], true)],
  ['out of order', page(['b', 'a'], true)],
  ['of keys that have been listed', page(['a'], true)],
])('a page of a bucket that is being resharded, %s, is asked for again', async (_, odd) => {
  const { asked, transport } = storeOf([page(['a'], true), odd, odd, page(['b', 'c'], false)]);
  expect(await keysOf(transport)).toEqual(['a', 'b', 'c']);
  expect(asked).toEqual(['', 'a', 'a', 'a']);
});

it('a listing that does not settle fails as what may be tried again, and never as the end of the bucket', async () => {
  const { transport } = storeOf([page(['a'], true), page([], true)]);
  await expect(keysOf(transport)).rejects.toMatchObject({
    message: 'The listing of images does not settle: the page after a is empty, and more should follow',
    code: 'UnsettledListing',
    retryable: true,
  });
});
