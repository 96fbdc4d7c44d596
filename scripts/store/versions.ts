import { createHash, type Hash } from 'node:crypto';
import { StoreError } from './errors.ts';
import type { Transport } from './http.ts';
import { compareKeys } from './keys.ts';
import { decodeKey, type ListedPage } from './listed-page.ts';
import { isPlainDigest, unquote, type ListedObject, type ListedVersion } from './object.ts';
import { childrenOf, parseXml, requiredText, textOf, type XmlNode } from './xml.ts';

type Marker = { key: string; versionId?: string };
type VersionsPage = { entries: ListedVersion[]; truncated: boolean };

/** Every version and delete marker, newest first within a key. With `key`, of that key alone. */
export async function* listVersions(
  transport: Transport,
  bucket: string,
  options: { prefix?: string | undefined; key?: string | undefined } = {},
): AsyncGenerator<ListedVersion> {
  const prefix = options.key ?? options.prefix ?? '';
  let marker: Marker | undefined;
  for (;;) {
    const { entries, truncated } = await readPage(transport, bucket, { prefix, marker });
    for (const entry of entries) {
      if (options.key === undefined || entry.key === options.key) {
        yield entry;
      }
    }
    const last = entries.at(-1);
    if (!truncated || last === undefined) {
      return;
    }
    if (options.key !== undefined && last.key !== options.key) {
      return; // in key order, so nothing of this key follows
    }
    marker = last;
  }
}

/**
 * One page of the keys that have any history, in key order, each as one entry: its ETag is a digest of all its
 * versions and delete markers, so that two keys of one ETag have the same history; its size is that of all
 * versions together. The ETag looks like a plain digest where every version's is one.
 *
 * Takes so many requests as the last key's history needs, and holds none of it.
 */
export async function listHistories(
  transport: Transport,
  bucket: string,
  options: { after?: string; maxKeys?: number } = {},
): Promise<ListedPage> {
  const { after = '', maxKeys } = options;
  const histories: History[] = [];
  let marker: Marker | undefined = after === '' ? undefined : { key: after };
  for (;;) {
    const { entries, truncated } = await readPage(transport, bucket, { prefix: '', marker, maxKeys });
    for (const entry of entries) {
      // RGW 16.2.15 lists the marker's own key again where no version is named beside it. And the object that
      // is the folder itself is left out, as in every listing.
      if (compareKeys(entry.key, after) <= 0) continue;
      if (histories.at(-1)?.key !== entry.key) histories.push(new History(entry.key));
      histories.at(-1)?.add(entry);
    }
    if (!truncated) return { objects: histories.map((history) => history.entry()), truncated };
    // What follows may be more of the last key.
    if (histories.length > 1) {
      return { objects: histories.slice(0, -1).map((history) => history.entry()), truncated };
    }
    marker = entries.at(-1);
  }
}

/** What a listing tells of a version's content. */
export function contentOf({ isDeleteMarker, size = 0, etag = '' }: ListedVersion): string {
  return isDeleteMarker ? 'deleted' : `${size} ${etag}`;
}

/** What is known of one key while its versions come by, newest first. */
class History {
  readonly key: string;
  readonly #digest: Hash = createHash('md5');
  #size = 0;
  #lastModified = new Date(0);
  #isPlain = true;
  #previous: string | undefined;

  constructor(key: string) {
    this.key = key;
  }

  add(version: ListedVersion): void {
    const { isDeleteMarker, etag = '', size = 0, lastModified } = version;
    const what = contentOf(version);
    // A second marker says nothing more, and RGW makes none where there is one.
    if (isDeleteMarker && this.#previous === what) return;
    this.#previous = what;
    this.#digest.update(`${what}\n`);
    this.#size += size;
    this.#isPlain &&= isDeleteMarker || isPlainDigest(etag);
    if (lastModified > this.#lastModified) this.#lastModified = lastModified;
  }

  entry(): ListedObject {
    const digest = this.#digest.copy().digest('hex');
    return {
      key: this.key,
      size: this.#size,
      etag: this.#isPlain ? digest : `${digest}-versions`,
      lastModified: this.#lastModified,
    };
  }
}

async function readPage(
  transport: Transport,
  bucket: string,
  where: { prefix: string; marker: Marker | undefined; maxKeys?: number | undefined },
): Promise<VersionsPage> {
  const { marker, maxKeys } = where;
  const prefix = transport.prefix + where.prefix;
  const answer = await transport.send({
    method: 'GET',
    bucket,
    query: {
      versions: '',
      'encoding-type': 'url',
      ...(maxKeys !== undefined && { 'max-keys': String(maxKeys) }),
      ...(prefix !== '' && { prefix }),
      ...(marker !== undefined && { 'key-marker': transport.prefix + marker.key }),
      ...(marker?.versionId !== undefined && { 'version-id-marker': marker.versionId }),
    },
  });
  const page = parseXml(answer.text, 'ListVersionsResult');
  const entries = entriesOf(transport, page, answer.text);
  const truncated = requiredText(page, 'IsTruncated') === 'true';
  if (truncated && entries.length === 0) {
    throw new StoreError(`${bucket} listed an empty page of versions and said that more follows`, {
      status: 0,
      code: 'MalformedAnswer',
      retryable: false,
    });
  }
  return { entries, truncated };
}

/**
 * In the order of the document, which alone says what came after what: Amazon S3 tells times in whole seconds, and
 * of an upload in parts the one when it began. Once parsed, versions and markers are two lists.
 */
function entriesOf(transport: Transport, page: XmlNode, text: string): ListedVersion[] {
  const isEncoded = textOf(page, 'EncodingType') === 'url';
  const read = (entry: XmlNode, isDeleteMarker: boolean): ListedVersion => {
    const key = requiredText(entry, 'Key');
    const etag = textOf(entry, 'ETag');
    const size = textOf(entry, 'Size');
    return {
      key: (isEncoded ? decodeKey(key) : key).slice(transport.prefix.length),
      versionId: requiredText(entry, 'VersionId'),
      isLatest: requiredText(entry, 'IsLatest') === 'true',
      isDeleteMarker,
      lastModified: new Date(requiredText(entry, 'LastModified')),
      ...(!isDeleteMarker && etag !== undefined && { etag: unquote(etag) }),
      ...(!isDeleteMarker && size !== undefined && { size: Number(size) }),
    };
  };
  const versions = childrenOf(page, 'Version').values();
  const markers = childrenOf(page, 'DeleteMarker').values();
  const entries = [...text.matchAll(/<(Version|DeleteMarker)[\s>]/g)].flatMap(([, kind]) => {
    const isDeleteMarker = kind === 'DeleteMarker';
    const { value } = (isDeleteMarker ? markers : versions).next();
    return value === undefined ? [] : [read(value, isDeleteMarker)];
  });
  // Stable: of stores that list all versions before all markers, the last key must be last all the same.
  return entries.sort((a, b) => compareKeys(a.key, b.key));
}
