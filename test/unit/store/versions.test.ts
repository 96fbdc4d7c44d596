import { expect, test } from 'vitest';
import type { Transport } from '../../../scripts/store/http.ts';
import type { StoreRequest } from '../../../scripts/store/request.ts';
import { listHistories, listVersions } from '../../../scripts/store/versions.ts';

/** What Amazon S3 answers, which no store here does: whole seconds, and what follows a key begins after it. */
const SECOND = '2026-01-01T00:00:00.000Z';
type Entry = { key: string; id: string; etag?: string; at?: string };

function amazon(entries: readonly Entry[], pageSize = 1000) {
  const asked: (Record<string, string> | undefined)[] = [];
  const send = ({ query = {} }: StoreRequest) => {
    asked.push(query);
    const [key, id] = [query['key-marker'], query['version-id-marker']];
    const rest = entries.filter((entry, index) =>
      id === undefined
        ? key === undefined || entry.key > key
        : index > entries.findIndex((each) => each.key === key && each.id === id),
    );
    const page = rest.slice(0, Math.min(pageSize, Number(query['max-keys'] ?? 1000)));
    const text = page.map((entry) => {
      const index = entries.indexOf(entry);
      const isLatest = entries[index - 1]?.key !== entry.key;
      const kind = entry.etag === undefined ? 'DeleteMarker' : 'Version';
      const what = entry.etag === undefined ? '' : `<ETag>&quot;${entry.etag}&quot;</ETag><Size>5</Size>`;
      return `<${kind}><Key>${encodeURIComponent(entry.key)}</Key><VersionId>${entry.id}</VersionId><IsLatest>${isLatest}</IsLatest><LastModified>${entry.at ?? SECOND}</LastModified>${what}</${kind}>`;
    });
    const truncated = page.length < rest.length;
    return Promise.resolve({
      status: 200,
      headers: {},
      text: `<ListVersionsResult><EncodingType>url</EncodingType><IsTruncated>${truncated}</IsTruncated>${text.join('')}</ListVersionsResult>`,
    });
  };
  return { transport: { prefix: '', send } as unknown as Transport, asked };
}

const digit = (n: number) => String(n).repeat(32);
const historiesOf = async (entries: readonly Entry[], pageSize?: number) => {
  const { objects } = await listHistories(amazon(entries, pageSize).transport, 'bucket');
  return Object.fromEntries(objects.map(({ key, etag, size }) => [key, { etag, size }]));
};

test('versions and markers of one second come in the order of the document', async () => {
  const entries = [
    { key: 'k', id: '4' },
    // Uploaded in parts: its time is when that began.
    { key: 'k', id: '3', etag: digit(3), at: '2025-12-31T00:00:00.000Z' },
    { key: 'k', id: '2' },
    { key: 'k', id: '1', etag: digit(1) },
    { key: 'l', id: '5', etag: digit(5) },
  ];
  for (const pageSize of [1, 2, 1000]) {
    const ids: string[] = [];
    for await (const { versionId } of listVersions(amazon(entries, pageSize).transport, 'bucket')) {
      ids.push(versionId);
    }
    expect(ids).toEqual(['4', '3', '2', '1', '5']);
  }
});

test('a history is one entry: the same for the same versions in the same order, whatever their ids and times', async () => {
  const one = [
    { key: 'k', id: 'a', etag: digit(2) },
    { key: 'k', id: 'b' },
    { key: 'k', id: 'c', etag: digit(1) },
  ];
  const again = one.map((entry, index) => ({ ...entry, id: String(index), at: '2027-01-01T00:00:00.000Z' }));
  const [plain, other] = [await historiesOf(one), await historiesOf(again)];
  expect(other).toEqual(plain);
  expect(plain['k']).toEqual({ etag: expect.stringMatching(/^[0-9a-f]{32}$/) as unknown, size: 10 });
  // A marker on a marker says nothing more.
  expect(await historiesOf([...one.slice(0, 2), { key: 'k', id: 'x' }, ...one.slice(2)])).toEqual(plain);
  for (const changed of [one.toReversed(), one.slice(1), one.filter(({ etag }) => etag !== undefined)]) {
    expect((await historiesOf(changed))['k']?.etag).not.toBe(plain['k']?.etag);
  }
  // With an ETag that is no digest there is something to be looked at each time.
  const parts = await historiesOf([{ key: 'k', id: 'a', etag: `${digit(2)}-3` }]);
  expect(parts['k']?.etag).toMatch(/-versions$/);
});

test('a page ends with a whole key, however long its history is', async () => {
  const long = Array.from({ length: 7 }, (_, index) => ({ key: 'b', id: `b${index}`, etag: digit(index) }));
  const entries = [{ key: 'a', id: 'a', etag: digit(1) }, ...long, { key: 'c', id: 'c', etag: digit(1) }];
  const whole = await historiesOf(entries);
  const { transport, asked } = amazon(entries);
  const found: Record<string, unknown> = {};
  let after = '';
  for (let more = true; more;) {
    const { objects, truncated } = await listHistories(transport, 'bucket', { after, maxKeys: 3 });
    for (const { key, etag, size } of objects) found[key] = { etag, size };
    after = objects.at(-1)?.key ?? after;
    more = truncated;
  }
  expect(found).toEqual(whole);
  expect(asked.length).toBeLessThan(8);
});
