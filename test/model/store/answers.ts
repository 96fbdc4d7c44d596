import { escapeXml } from '../../../scripts/store/xml.ts';
import { compareKeys } from '../../../scripts/store/keys.ts';
import type { ModelStore } from './model-store.ts';
import { Refusal } from './model-store.ts';
import type { Version } from './bucket.ts';

/** A request as it came over the wire. */
export type WireRequest = {
  method: string;
  bucket: string | undefined;
  key: string | undefined;
  query: URLSearchParams;
  headers: Record<string, string>;
  body: Buffer;
  user: string;
};
export type WireAnswer = { status: number; headers: Record<string, string>; body: Buffer };

const OK = { status: 200, headers: {} };

/** What the usage log says of the source: clients read there no more, or do not count. */
const NOBODY_READS = { entries: [{ buckets: [{ bucket: 'on-s3', categories: [] }] }] };

/** Whether a request changes something. */
export function isWrite({ method, query }: WireRequest): boolean {
  return method === 'PUT' || method === 'DELETE' || (method === 'POST' && !query.has('uploads'));
}

/** Does what a request asks for, all at once, as the user who signed it. Throws Refusal. */
export function answerRequest(store: ModelStore, request: WireRequest): WireAnswer {
  if (request.key?.startsWith('admin/user') === true && request.bucket === undefined) {
    return administer(store, request);
  }
  if (request.key === 'admin/usage') return { ...OK, body: Buffer.from(JSON.stringify(NOBODY_READS)) };
  if (request.bucket === undefined) throw new Refusal(403, 'AccessDenied');
  return request.key === undefined
    ? answerBucket(store, request, request.bucket)
    : answerObject(store, request, request.bucket, request.key);
}

function administer(store: ModelStore, { query }: WireRequest): WireAnswer {
  const uid = query.get('uid') ?? '';
  if (query.get('suspended') === 'true') store.suspended.add(uid);
  if (query.get('suspended') === 'false') store.suspended.delete(uid);
  return { ...OK, body: Buffer.from('{}') };
}

const DOCUMENTS = ['policy', 'lifecycle', 'notification'] as const;
const NONE = { policy: 'NoSuchBucketPolicy', lifecycle: 'NoSuchLifecycleConfiguration', notification: '' };

function answerBucket(store: ModelStore, request: WireRequest, name: string): WireAnswer {
  const bucket = store.bucket(name);
  const { method, query } = request;
  const kind = DOCUMENTS.find((document) => query.has(document));
  if (kind !== undefined) {
    if (method === 'PUT') bucket.documents.set(kind, request.body.toString());
    if (method === 'DELETE') bucket.documents.delete(kind);
    const text = bucket.documents.get(kind) ?? '';
    if (method === 'GET' && text === '' && NONE[kind] !== '') throw new Refusal(404, NONE[kind]);
    return { ...OK, body: Buffer.from(method === 'GET' ? text : '') };
  }
  if (query.has('versioning')) {
    const wanted = /<Status>(\w+)<\/Status>/.exec(request.body.toString())?.[1];
    if (method === 'PUT') bucket.versioning = wanted === 'Enabled' ? 'Enabled' : 'Suspended';
    const status = bucket.versioning === 'off' ? '' : `<Status>${bucket.versioning}</Status>`;
    return xml(`<VersioningConfiguration>${status}</VersioningConfiguration>`);
  }
  if (query.has('acl')) return xml(aclOf(bucket.owner, bucket.owner));
  if (query.has('versions')) return listVersions(store, name, query);
  if (query.has('uploads')) return xml(list('ListMultipartUploadsResult', '', false));
  if (method === 'GET') return listObjects(store, name, query);
  return { ...OK, body: Buffer.alloc(0) };
}

function answerObject(store: ModelStore, request: WireRequest, name: string, key: string): WireAnswer {
  const bucket = store.bucket(name);
  const { method, query, headers, user } = request;
  const versionId = query.get('versionId') ?? undefined;
  if (method === 'PUT') {
    const kept = Object.entries(headers).filter(([header]) =>
      /^(x-amz-meta-|content-type$|cache-)/.test(header),
    );
    const written = store.put(name, key, {
      body: request.body,
      headers: Object.fromEntries(kept),
      tags: headers['x-amz-tagging'] ?? '',
      by: user,
      ifNoneMatch: headers['if-none-match'] === '*',
    });
    return { status: 200, headers: { etag: `"${written.etag}"`, ...idOf(written) }, body: Buffer.alloc(0) };
  }
  if (method === 'DELETE') {
    if (versionId === undefined) store.remove(name, key, user);
    else store.removeVersion(name, key, versionId, user);
    return { status: 204, headers: {}, body: Buffer.alloc(0) };
  }
  const found = bucket.find(key, versionId);
  if (found === null || found.body === null) throw new Refusal(404, 'NoSuchKey');
  if (query.has('acl')) return xml(aclOf(found.owner, bucket.owner));
  const match = headers['if-match'];
  if (match !== undefined && match !== `"${found.etag}"`) throw new Refusal(412, 'PreconditionFailed');
  return {
    status: 200,
    headers: {
      ...found.headers,
      ...idOf(found),
      etag: `"${found.etag}"`,
      'content-length': String(found.body.length),
      'last-modified': new Date(found.at).toUTCString(),
    },
    body: method === 'HEAD' ? Buffer.alloc(0) : found.body,
  };
}

function idOf({ versionId }: Version): Record<string, string> {
  return versionId === 'null' ? {} : { 'x-amz-version-id': versionId };
}

function listObjects(store: ModelStore, name: string, query: URLSearchParams): WireAnswer {
  const bucket = store.bucket(name);
  const after = query.get('start-after') ?? '';
  const prefix = query.get('prefix') ?? '';
  const keys = bucket
    .keys()
    .filter((key) => key.startsWith(prefix) && (after === '' || compareKeys(key, after) > 0))
    .filter((key) => bucket.current(key) !== null);
  const page = keys.slice(0, Math.min(store.pageSize, Number(query.get('max-keys') ?? 1000)));
  const contents = page.map((key) => `<Contents>${entryOf(key, bucket.current(key))}</Contents>`);
  return xml(list('ListBucketResult', contents.join(''), page.length < keys.length));
}

function listVersions(store: ModelStore, name: string, query: URLSearchParams): WireAnswer {
  const bucket = store.bucket(name);
  const prefix = query.get('prefix') ?? '';
  const all = bucket
    .keys()
    .filter((key) => key.startsWith(prefix))
    .flatMap((key) => bucket.versions(key).map((version, index) => ({ key, version, latest: index === 0 })));
  const marker = query.get('key-marker');
  const from = all.findIndex(
    ({ key, version }) => key === marker && version.versionId === query.get('version-id-marker'),
  );
  const rest = marker === null ? all : all.slice(from + 1);
  const page = rest.slice(0, store.pageSize);
  const entries = page.map(({ key, version, latest }) => {
    const element = version.body === null ? 'DeleteMarker' : 'Version';
    const id = `<VersionId>${version.versionId}</VersionId><IsLatest>${latest}</IsLatest>`;
    return `<${element}>${entryOf(key, version)}${id}</${element}>`;
  });
  return xml(list('ListVersionsResult', entries.join(''), page.length < rest.length));
}

function entryOf(key: string, version: Version | null): string {
  const size =
    version?.body == null ? '' : `<Size>${version.body.length}</Size><ETag>"${version.etag}"</ETag>`;
  const at = new Date(version?.at ?? 0).toISOString();
  return `<Key>${encodeURIComponent(key)}</Key>${size}<LastModified>${at}</LastModified>`;
}

function list(root: string, entries: string, truncated: boolean): string {
  return `<${root}><EncodingType>url</EncodingType><IsTruncated>${truncated}</IsTruncated>${entries}</${root}>`;
}

function aclOf(owner: string, bucketOwner: string): string {
  const grants = [owner, bucketOwner].map(
    (id) => `<Grant><Grantee><ID>${id}</ID></Grantee><Permission>FULL_CONTROL</Permission></Grant>`,
  );
  return `<AccessControlPolicy><Owner><ID>${owner}</ID></Owner><AccessControlList>${grants.join('')}</AccessControlList></AccessControlPolicy>`;
}

function xml(text: string): WireAnswer {
  return { status: 200, headers: { 'content-type': 'application/xml' }, body: Buffer.from(text) };
}

/** The document of a refusal; HEAD has none. */
export function refusalOf({ status, code }: Refusal, method: string): WireAnswer {
  const text = method === 'HEAD' ? '' : `<Error><Code>${escapeXml(code)}</Code></Error>`;
  return { status, headers: {}, body: Buffer.from(text) };
}
