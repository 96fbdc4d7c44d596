import { StoreError } from './errors.ts';
import type { Transport } from './http.ts';
import { compareKeys } from './keys.ts';
import { decodeKey, readListedPage, type ListedPage } from './listed-page.ts';
import { unquote, type ListedObject, type ListedVersion } from './object.ts';
import { childrenOf, parseXml, requiredText, textOf, type XmlNode } from './xml.ts';

export type { ListedPage } from './listed-page.ts';
export type ListOptions = { after?: string | undefined; prefix?: string | undefined };
/** RGW 16.2.15 names whoever asks as the initiator, so nothing is said about that. */
export type ListedUpload = { key: string; uploadId: string; initiated: Date };

/**
 * One page, in key order. Always without a delimiter (RGW does not encode CommonPrefixes) and resumed by
 * `start-after`: RGW hands its continuation token out unencoded, so a key with a newline would not survive.
 */
export async function listPage(
  transport: Transport,
  bucket: string,
  options: ListOptions & { maxKeys?: number | undefined } = {},
): Promise<ListedPage> {
  const prefix = transport.prefix + (options.prefix ?? '');
  // Also at the beginning: the object that stands for the folder itself would have an empty key. It is left out.
  const startAfter = transport.prefix + (options.after ?? '');
  const answer = await transport.send({
    method: 'GET',
    bucket,
    query: {
      'list-type': '2',
      'encoding-type': 'url',
      'max-keys': String(options.maxKeys ?? 1000),
      ...(prefix !== '' && { prefix }),
      ...(startAfter !== '' && { 'start-after': startAfter }),
    },
  });
  const page = readListedPage(answer.text);
  if (transport.prefix !== '') {
    for (const object of page.objects) object.key = object.key.slice(transport.prefix.length);
  }
  return page;
}

/**
 * Every object of (after, until], in key order, one page in memory. A page that fails throws: a listing
 * never ends early, because its end is what tells that the rest is gone.
 */
export async function* listObjects(
  transport: Transport,
  bucket: string,
  options: ListOptions & { until?: string | null | undefined } = {},
): AsyncGenerator<ListedObject> {
  let after = options.after ?? '';
  for (;;) {
    const page = await listPage(transport, bucket, { after, prefix: options.prefix });
    for (const object of page.objects) {
      if (after !== '' && compareKeys(object.key, after) <= 0) {
        throw malformed(`${bucket} listed ${object.key} after ${after}: not in key order`);
      }
      if (
        options.until !== undefined &&
        options.until !== null &&
        compareKeys(object.key, options.until) > 0
      ) {
        return;
      }
      after = object.key;
      yield object;
    }
    if (!page.truncated) {
      return;
    }
    if (page.objects.length === 0) {
      throw malformed(`${bucket} listed an empty page after ${after} and said that more follows`);
    }
  }
}

/** Every version and delete marker, newest first within a key. With `key`, of that key alone. */
export async function* listVersions(
  transport: Transport,
  bucket: string,
  options: { prefix?: string | undefined; key?: string | undefined } = {},
): AsyncGenerator<ListedVersion> {
  const prefix = transport.prefix + (options.key ?? options.prefix ?? '');
  let marker: Record<string, string> = {};
  for (;;) {
    const answer = await transport.send({
      method: 'GET',
      bucket,
      query: { versions: '', 'encoding-type': 'url', ...(prefix !== '' && { prefix }), ...marker },
    });
    const { entries, page } = versionsOf(transport, answer.text);
    for (const entry of entries) {
      if (options.key === undefined || entry.key === options.key) {
        yield entry;
      }
    }
    const last = entries.at(-1);
    if (requiredText(page, 'IsTruncated') !== 'true') {
      return;
    }
    if (last === undefined) {
      throw malformed(`${bucket} listed an empty page of versions and said that more follows`);
    }
    if (options.key !== undefined && last.key !== options.key) {
      return; // in key order, so nothing of this key follows
    }
    marker = { 'key-marker': transport.prefix + last.key, 'version-id-marker': last.versionId };
  }
}

function versionsOf(transport: Transport, text: string): { entries: ListedVersion[]; page: XmlNode } {
  const page = parseXml(text, 'ListVersionsResult');
  const decode = decoderOf(transport, page);
  const read = (entry: XmlNode, isDeleteMarker: boolean): ListedVersion => {
    const etag = textOf(entry, 'ETag');
    const size = textOf(entry, 'Size');
    return {
      key: decode(requiredText(entry, 'Key')),
      versionId: requiredText(entry, 'VersionId'),
      isLatest: requiredText(entry, 'IsLatest') === 'true',
      isDeleteMarker,
      lastModified: new Date(requiredText(entry, 'LastModified')),
      ...(!isDeleteMarker && etag !== undefined && { etag: unquote(etag) }),
      ...(!isDeleteMarker && size !== undefined && { size: Number(size) }),
    };
  };
  // Versions and markers come as two lists once parsed. Within a key the newest is first and both are
  // ordered by time.
  const entries = [
    ...childrenOf(page, 'Version').map((entry) => read(entry, false)),
    ...childrenOf(page, 'DeleteMarker').map((entry) => read(entry, true)),
  ].sort(
    (a, b) =>
      compareKeys(a.key, b.key) ||
      Number(b.isLatest) - Number(a.isLatest) ||
      b.lastModified.getTime() - a.lastModified.getTime(),
  );
  return { entries, page };
}

/** Every multipart upload that was begun and neither completed nor aborted. */
export async function* listUploads(
  transport: Transport,
  bucket: string,
  options: { prefix?: string | undefined } = {},
): AsyncGenerator<ListedUpload> {
  const prefix = transport.prefix + (options.prefix ?? '');
  let marker: Record<string, string> = {};
  for (;;) {
    const answer = await transport.send({
      method: 'GET',
      bucket,
      query: { uploads: '', 'encoding-type': 'url', ...(prefix !== '' && { prefix }), ...marker },
    });
    const page = parseXml(answer.text, 'ListMultipartUploadsResult');
    let last: ListedUpload | undefined;
    for (const entry of childrenOf(page, 'Upload')) {
      last = {
        // RGW 16.2.15 encodes here too, but does not say so by an EncodingType.
        key: decodeKey(requiredText(entry, 'Key')).slice(transport.prefix.length),
        uploadId: requiredText(entry, 'UploadId'),
        initiated: new Date(requiredText(entry, 'Initiated')),
      };
      yield last;
    }
    if (requiredText(page, 'IsTruncated') !== 'true') {
      return;
    }
    if (last === undefined) {
      throw malformed(`${bucket} listed an empty page of uploads and said that more follows`);
    }
    marker = { 'key-marker': transport.prefix + last.key, 'upload-id-marker': last.uploadId };
  }
}

/** Reads a key as it is named here: decoded, and without the folder that all asked for are in. */
function decoderOf(transport: Transport, page: XmlNode): (text: string) => string {
  const decode = textOf(page, 'EncodingType') === 'url' ? decodeKey : (text: string) => text;
  return (text) => decode(text).slice(transport.prefix.length);
}

function malformed(message: string): StoreError {
  return new StoreError(message, { status: 0, code: 'MalformedAnswer', retryable: false });
}
