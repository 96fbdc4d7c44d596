import { decodeHeader, encodeHeader } from './header-text.ts';
import { StoreError } from './errors.ts';

/** The headers that belong to an object's content. `expires` is kept as the text that it is. */
export type ObjectHeaders = {
  contentType?: string;
  contentEncoding?: string;
  contentDisposition?: string;
  contentLanguage?: string;
  cacheControl?: string;
  expires?: string;
};

/** What HEAD and GET tell about an object. Text is as `header-text.ts` has it. */
export type ObjectHead = {
  key: string;
  /** Bytes. */
  size: number;
  /** Without quotes. */
  etag: string;
  lastModified: Date;
  headers: ObjectHeaders;
  /** Names in lower case, without `x-amz-meta-`. RGW turns `_` in names into `-`. */
  metadata: Record<string, string>;
  storageClass?: string;
  versionId?: string;
  /** How many tags there are. AWS and RGW 16.2.15 leave the header out when there are none. */
  tagCount?: number;
  /** `AES256`, `aws:kms`, or `SSE-C`. */
  encryption?: string;
};

export type ListedObject = {
  key: string;
  size: number;
  etag: string;
  lastModified: Date;
  storageClass?: string;
};

export type ListedVersion = {
  key: string;
  versionId: string;
  isLatest: boolean;
  isDeleteMarker: boolean;
  etag?: string;
  size?: number;
  lastModified: Date;
};

export const HEADER_NAMES: Record<keyof ObjectHeaders, string> = {
  contentType: 'content-type',
  contentEncoding: 'content-encoding',
  contentDisposition: 'content-disposition',
  contentLanguage: 'content-language',
  cacheControl: 'cache-control',
  expires: 'expires',
};
const META = 'x-amz-meta-';

/** Reads the headers of an answer to GET or HEAD. `size` is the whole object's, of a range too. */
export function readHead(key: string, headers: Record<string, string>): ObjectHead {
  const etag = headers['etag'];
  const total = /\/(\d+)$/.exec(headers['content-range'] ?? '')?.[1] ?? headers['content-length'];
  if (etag === undefined || total === undefined) {
    throw new StoreError(`The store described ${key} without an ETag or a length`, {
      status: 0,
      code: 'MalformedAnswer',
    });
  }
  const content: ObjectHeaders = {};
  for (const [field, name] of Object.entries(HEADER_NAMES) as [keyof ObjectHeaders, string][]) {
    const value = headers[name];
    if (value !== undefined) {
      content[field] = decodeHeader(value);
    }
  }
  const metadata: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (name.startsWith(META)) {
      metadata[name.slice(META.length)] = decodeHeader(value);
    }
  }
  const head: ObjectHead = {
    key,
    size: Number(total),
    etag: unquote(etag),
    lastModified: new Date(headers['last-modified'] ?? NaN),
    headers: content,
    metadata,
  };
  const storageClass = headers['x-amz-storage-class'];
  const versionId = headers['x-amz-version-id'];
  const tagCount = headers['x-amz-tagging-count'];
  const encryption =
    headers['x-amz-server-side-encryption-customer-algorithm'] === undefined
      ? headers['x-amz-server-side-encryption']
      : 'SSE-C';
  return {
    ...head,
    ...(storageClass !== undefined && { storageClass }),
    ...(versionId !== undefined && { versionId }),
    ...(tagCount !== undefined && { tagCount: Number(tagCount) }),
    ...(encryption !== undefined && { encryption }),
  };
}

/** What a PUT, or the start of a multipart upload, says about the object. */
export type ObjectAttributes = {
  headers?: ObjectHeaders;
  metadata?: Record<string, string>;
  tags?: Record<string, string>;
  /** A canned ACL, for example `bucket-owner-full-control`. */
  acl?: string;
  /** Grants by header, for example `{'x-amz-grant-read': 'uri="…"'}`; instead of `acl`. */
  grants?: Record<string, string>;
  storageClass?: string;
};

/** The request headers for these attributes. */
export function writeAttributes(attributes: ObjectAttributes): Record<string, string> {
  const headers: Record<string, string> = { ...attributes.grants };
  for (const [field, name] of Object.entries(HEADER_NAMES) as [keyof ObjectHeaders, string][]) {
    const value = attributes.headers?.[field];
    if (value !== undefined) {
      headers[name] = encodeHeader(value);
    }
  }
  for (const [name, value] of Object.entries(attributes.metadata ?? {})) {
    headers[META + name.toLowerCase()] = encodeHeader(value);
  }
  const tags = Object.entries(attributes.tags ?? {});
  if (tags.length > 0) {
    headers['x-amz-tagging'] = tags
      .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
      .join('&');
  }
  if (attributes.acl !== undefined) {
    headers['x-amz-acl'] = attributes.acl;
  }
  if (attributes.storageClass !== undefined) {
    headers['x-amz-storage-class'] = attributes.storageClass;
  }
  return headers;
}

/** `"abc"` → `abc`; some stores leave the quotes out. */
export function unquote(etag: string): string {
  return etag.replace(/^"(.*)"$/, '$1');
}

/** Whether an ETag looks like the MD5 of the bytes: not of a multipart upload. */
export function isPlainDigest(etag: string): boolean {
  return /^[0-9a-f]{32}$/.test(etag);
}

/** Whether an object's ETag is the MD5 of its bytes: with SSE-KMS and SSE-C it looks like one and is none. */
export function etagIsDigest(head: ObjectHead): boolean {
  return isPlainDigest(head.etag) && !isEncrypted(head);
}

/** Whether an object is encrypted so that its ETag says nothing of its bytes, be it of parts or not. */
export function isEncrypted({ encryption }: ObjectHead): boolean {
  return encryption !== undefined && encryption !== 'AES256';
}

/** In how many parts the object with this ETag was uploaded; undefined when in none. */
export function partCount(etag: string): number | undefined {
  const found = /^[0-9a-f]{32}-(\d+)$/.exec(etag);
  return found === null ? undefined : Number(found[1]);
}
