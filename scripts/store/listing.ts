import { setTimeout as sleep } from 'node:timers/promises';
import { StoreError } from './errors.ts';
import type { Transport } from './http.ts';
import { compareKeys } from './keys.ts';
import { decodeKey, disorderOf, readListedPage, type ListedPage } from './listed-page.ts';
import type { ListedObject } from './object.ts';
import { childrenOf, parseXml, requiredText } from './xml.ts';

export type { ListedPage } from './listed-page.ts';
export type ListOptions = { after?: string | undefined; prefix?: string | undefined };
/** RGW 16.2.15 names the one who asks as the initiator, so it is left out. */
export type ListedUpload = { key: string; uploadId: string; initiated: Date };

/** Before a page that cannot be is asked for again, in seconds: all together as long as a reshard may take to end. */
const PAUSES = [0.5, 1, 2, 4, 8, 15];

/**
 * One page, in key order. Always without a delimiter (RGW does not encode CommonPrefixes) and resumed by
 * `start-after`: RGW hands its continuation token out unencoded, so a key with a newline would not survive.
 *
 * While an RGW reshards a bucket's index its pages may be out of order, or empty though more follows
 * (https://tracker.ceph.com/issues/43180): such a page is asked for again.
 *
 * @throws StoreError, retryable, where the listing does not settle
 */
export async function listPage(
  transport: Transport,
  bucket: string,
  options: ListOptions & { maxKeys?: number | undefined } = {},
): Promise<ListedPage> {
  for (const seconds of [...PAUSES, null]) {
    const page = await askForPage(transport, bucket, options);
    const trouble = disorderOf(page, options.after ?? '');
    if (trouble === null) return page;
    if (seconds === null) {
      throw new StoreError(`The listing of ${bucket} does not settle: ${trouble}`, {
        status: 0,
        code: 'UnsettledListing',
        retryable: true,
      });
    }
    await sleep(seconds * 1000);
  }
  throw new Error('unreachable');
}

async function askForPage(
  transport: Transport,
  bucket: string,
  options: ListOptions & { maxKeys?: number | undefined },
): Promise<ListedPage> {
  const prefix = transport.prefix + (options.prefix ?? '');
  // Also at the beginning: the object of the folder itself would have an empty key. It is left out.
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
  }
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

function malformed(message: string): StoreError {
  return new StoreError(message, { status: 0, code: 'MalformedAnswer', retryable: false });
}
