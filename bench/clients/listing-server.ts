import { createServer } from 'node:http';

/**
 * A store that holds nothing but a listing of as many keys as wanted, made up page by page: what a merge of
 * listings costs a client, without what it costs a store. Prints its port.
 *
 *     node listing-server.ts KEYS
 */

const keys = Number(process.argv[2]);
const keyOf = (index: number) => `${String(index).padStart(9, '0')}.jpg`;
const etagOf = (index: number) => index.toString(16).padStart(32, '0');
const sizeOf = (index: number) => String(1000 + (index % 1000));
const CHANGED = new Date('2026-01-01');
const CHANGED_IN_LISTING = CHANGED.toISOString();
/** Where the page after a key begins. */
const after = (key: string) => Number.parseInt(key, 10) + 1;

function page(query: URLSearchParams): string {
  const token = query.get('continuation-token') ?? query.get('start-after') ?? query.get('marker') ?? '';
  const first = token === '' ? 0 : after(token);
  const end = Math.min(keys, first + Number(query.get('max-keys') ?? 1000));
  const entries: string[] = [];
  for (let index = first; index < end; index += 1) {
    entries.push(
      `<Contents><Key>${keyOf(index)}</Key><LastModified>${CHANGED_IN_LISTING}</LastModified>` +
        `<ETag>&quot;${etagOf(index)}&quot;</ETag><Size>${sizeOf(index)}</Size><StorageClass>STANDARD</StorageClass></Contents>`,
    );
  }
  const more = end < keys;
  return (
    '<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">' +
    `<Name>bench</Name><Prefix></Prefix><MaxKeys>1000</MaxKeys><KeyCount>${String(entries.length)}</KeyCount>` +
    `<IsTruncated>${String(more)}</IsTruncated>` +
    (more ? next(query, keyOf(end - 1)) : '') +
    `${entries.join('')}</ListBucketResult>`
  );
}

/** What HEAD says of an object. */
const headersOf = (index: number) => ({
  etag: `"${etagOf(index)}"`,
  'content-length': sizeOf(index),
  'last-modified': CHANGED.toUTCString(),
});

/** Where the next page begins: rclone asks Ceph for the first version of listings. */
function next(query: URLSearchParams, key: string): string {
  const name = query.has('list-type') ? 'NextContinuationToken' : 'NextMarker';
  return `<${name}>${key}</${name}>`;
}

const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
  const key = pathname.split('/')[2] ?? '';
  if (request.method === 'HEAD') {
    response.writeHead(200, key === '' ? {} : headersOf(Number.parseInt(key, 10))).end(); // a bucket is there
    return;
  }
  const isListing = request.method === 'GET' && searchParams.has('max-keys');
  response.writeHead(isListing ? 200 : 501, { 'content-type': 'application/xml' });
  response.end(isListing ? page(searchParams) : '<Error><Code>NotImplemented</Code></Error>');
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object' && address !== null) console.log(address.port);
});
