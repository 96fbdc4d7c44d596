import type { Readable } from 'node:stream';
import type { StoreEndpoint } from '../contract/environment.ts';
import { log } from '../contract/log.ts';
import * as attributes from './attributes.ts';
import { trustedAuthorities } from './identity/authorities.ts';
import { credentialsProvider } from './identity/credentials.ts';
import { StoreError } from './errors.ts';
import { Transport, type StoreAnswer } from './http.ts';
import type { StoreRequest } from './request.ts';
import * as listing from './listing.ts';
import * as multipart from './multipart.ts';
import * as objects from './objects.ts';
import { PublicGrants } from './public-grants.ts';
import type { Throttle } from './throttle.ts';
import type { ListedObject, ListedVersion, ObjectAttributes, ObjectHead } from './object.ts';
import * as versions from './versions.ts';

/** Of which stores it was said that they have no ACLs. */
const withoutAcls = new Set<string>();

/** Of which version; default: the latest. */
type VersionOption = { versionId?: string | undefined };

/**
 * The S3 client of the bulk path: undici and our own signature, because the SDK burns three to five
 * times the processor time an object. Every method throws a StoreError when the store answers trouble
 * or nothing at all within `requestSeconds`.
 */
export class StoreClient {
  readonly endpoint: StoreEndpoint;
  readonly #transport: Transport;
  readonly #bucketOwners = new Map<string, Promise<string>>();
  readonly #acls = new Map<string, Promise<'count' | 'off' | 'none'>>();
  readonly #public: PublicGrants;
  #anonymous: Transport | undefined;

  private constructor(transport: Transport) {
    this.#transport = transport;
    this.endpoint = transport.endpoint;
    this.#public = new PublicGrants(transport, () => (this.#anonymous ??= transport.anonymous()));
  }

  /**
   * @param user whose keys sign; null sends nothing signed. With ambient credentials they are this process's own
   * @param options.attempts how often a request may be sent in all; default 5
   * @param options.connections at most so many at once; default 32, more than which RGW does not reward
   * @param options.pace holds requests back; default: none are
   */
  static async open(
    endpoint: StoreEndpoint,
    user: string | null,
    options: { requestSeconds: number; connections?: number; attempts?: number; pace?: Throttle },
  ): Promise<StoreClient> {
    const credentials = user === null ? null : await credentialsProvider(endpoint.credentials, user);
    return new StoreClient(
      new Transport(endpoint, credentials, { ...options, authorities: await trustedAuthorities(endpoint) }),
    );
  }

  get requestSeconds(): number {
    return this.#transport.requestSeconds;
  }

  async close(): Promise<void> {
    await Promise.all([this.#transport.close(), this.#anonymous?.close()]);
  }

  /**
   * For how long a change of this object may still land, in milliseconds, that was sent from here and got no
   * answer; 0: none may. Where it was sent again, that is no answer to the first.
   */
  unansweredMs(bucket: string, key: string): number {
    return this.#transport.unanswered.leftMs({ bucket, key: this.#transport.prefix + key });
  }

  /** Any other request, for what has no method here. */
  send(request: StoreRequest): Promise<StoreAnswer> {
    return this.#transport.send(request);
  }

  /**
   * null only where the store proves that the bucket is there and the key is not.
   * @param options.proof false saves the second request that the proof takes: null then says only that no object
   *   was shown. Default: true
   */
  head(
    bucket: string,
    key: string,
    options: { versionId?: string; proof?: boolean } = {},
  ): Promise<ObjectHead | null> {
    return objects.headObject(this.#transport, bucket, key, options);
  }

  /**
   * null as in `head`. The body must be read to its end or destroyed.
   * @param options.ifMatch an ETag without quotes: 412 PreconditionFailed when the object is another one
   * @param options.range for example `bytes=0-99`
   */
  get(
    bucket: string,
    key: string,
    options: { ifMatch?: string; range?: string; versionId?: string } = {},
  ): Promise<{ head: ObjectHead; body: Readable } | null> {
    return objects.getObject(this.#transport, bucket, key, options);
  }

  /** null as in `head`. `bytes` is null where the object has more than `atMost`. */
  read(
    bucket: string,
    key: string,
    options: { atMost: number; versionId?: string | undefined },
  ): Promise<{ head: ObjectHead; bytes: Buffer | null } | null> {
    return objects.readObject(this.#transport, bucket, key, options);
  }

  put(
    bucket: string,
    key: string,
    body: Buffer | AsyncIterable<Buffer>,
    options: objects.PutOptions = {},
  ): Promise<{ etag: string; versionId?: string }> {
    return objects.putObject(this.#transport, bucket, key, body, options);
  }

  /** Succeeds where there is nothing to delete. */
  delete(
    bucket: string,
    key: string,
    options: { versionId?: string } & objects.Guard = {},
  ): Promise<{ deleteMarker: boolean; versionId?: string }> {
    return objects.deleteObject(this.#transport, bucket, key, options);
  }

  /** At most 1,000 keys. Throws when any could not be deleted. */
  deleteMany(bucket: string, keys: objects.Doomed[], options: objects.Guard = {}): Promise<void> {
    return objects.deleteObjects(this.#transport, bucket, keys, options);
  }

  tags(bucket: string, key: string, version: VersionOption = {}): Promise<Record<string, string>> {
    return attributes.getTags(this.#transport, bucket, key, version);
  }

  setTags(
    bucket: string,
    key: string,
    tags: Record<string, string>,
    options: objects.Guard & VersionOption = {},
  ): Promise<void> {
    return attributes.putTags(this.#transport, bucket, key, tags, options);
  }

  /** The grants beyond the owners' that have an effect, see `foreignGrants` and `PublicGrants`. None, and not asked for, where there are no ACLs. */
  async grants(bucket: string, key: string, version: VersionOption = {}): Promise<attributes.Grant[]> {
    if ((await this.acls(bucket)) !== 'count') return [];
    try {
      const [acl, owner] = await Promise.all([
        attributes.getAcl(this.#transport, bucket, key, version),
        this.bucketOwner(bucket),
      ]);
      const grants = attributes.foreignGrants(acl, owner);
      return await this.#public.effective(bucket, key, grants, version.versionId);
    } catch (error) {
      // Of buckets there may be ACLs where there are none of objects.
      if (!attributes.saysNoAcls(error)) throw error;
      this.#acls.set(bucket, Promise.resolve(this.#withoutAcls(bucket)));
      return [];
    }
  }

  /** `grants` as text, to compare: one line a grant, empty when only the owners have any. */
  async acl(bucket: string, key: string): Promise<string> {
    return attributes.canonicalGrants(await this.grants(bucket, key));
  }

  /** The canonical id of a bucket's owner; asked once. */
  bucketOwner(bucket: string): Promise<string> {
    return once(this.#bucketOwners, bucket, async () => {
      const { owner } = await attributes.getAcl(this.#transport, bucket);
      return owner;
    });
  }

  /**
   * Whether ACLs count here; asked once. `off`: by our configuration or the store's; `none`: the store has none,
   * which is said once. Then grants are neither read nor compared.
   */
  acls(bucket: string): Promise<'count' | 'off' | 'none'> {
    return once(this.#acls, bucket, async () => {
      if (this.endpoint.acls === 'ignore') return 'off';
      try {
        // RGW has no such setting.
        const isAsked = this.endpoint.kind === 'aws';
        if (isAsked) return (await attributes.aclsCount(this.#transport, bucket)) ? 'count' : 'off';
        await this.bucketOwner(bucket);
        return 'count';
      } catch (error) {
        // Who may not ask finds out with the first object.
        return attributes.saysNoAcls(error) ? this.#withoutAcls(bucket) : 'count';
      }
    });
  }

  #withoutAcls(bucket: string): 'none' {
    const place = `${this.endpoint.endpoint} ${bucket}`;
    if (!withoutAcls.has(place)) {
      log.warn(
        { endpoint: this.endpoint.endpoint, bucket },
        'the store has no ACLs: grants are not compared',
      );
      withoutAcls.add(place);
    }
    return 'none';
  }

  /** Every object of (after, until] in key order. Throws on any page that fails; never ends early. */
  list(
    bucket: string,
    options: { after?: string; until?: string | null; prefix?: string } = {},
  ): AsyncGenerator<ListedObject> {
    return listing.listObjects(this.#transport, bucket, options);
  }

  listPage(
    bucket: string,
    options: { after?: string; prefix?: string; maxKeys?: number } = {},
  ): Promise<listing.ListedPage> {
    return listing.listPage(this.#transport, bucket, options);
  }

  listVersions(
    bucket: string,
    options: { prefix?: string; key?: string } = {},
  ): AsyncGenerator<ListedVersion> {
    return versions.listVersions(this.#transport, bucket, options);
  }

  /** As `listPage`, with one entry for the whole history of each key; see `versions.listHistories`. */
  listHistories(
    bucket: string,
    options: { after?: string; maxKeys?: number } = {},
  ): Promise<listing.ListedPage> {
    return versions.listHistories(this.#transport, bucket, options);
  }

  listUploads(bucket: string, options: { prefix?: string } = {}): AsyncGenerator<listing.ListedUpload> {
    return listing.listUploads(this.#transport, bucket, options);
  }

  createUpload(bucket: string, key: string, options: ObjectAttributes & objects.Guard = {}): Promise<string> {
    return multipart.createUpload(this.#transport, bucket, key, options);
  }

  uploadPart(bucket: string, key: string, part: Parameters<typeof multipart.uploadPart>[3]): Promise<string> {
    return multipart.uploadPart(this.#transport, bucket, key, part);
  }

  completeUpload(
    bucket: string,
    key: string,
    upload: Parameters<typeof multipart.completeUpload>[3],
  ): Promise<{ etag: string; versionId?: string }> {
    return multipart.completeUpload(this.#transport, bucket, key, upload);
  }

  abortUpload(
    bucket: string,
    key: string,
    upload: Parameters<typeof multipart.abortUpload>[3],
  ): Promise<void> {
    return multipart.abortUpload(this.#transport, bucket, key, upload);
  }

  headPart(
    bucket: string,
    key: string,
    partNumber: number,
    object: { etag: string } & VersionOption,
  ): Promise<{ size: number; parts: number } | undefined> {
    return multipart.headPart(this.#transport, bucket, key, partNumber, object);
  }

  async bucketExists(bucket: string): Promise<boolean> {
    try {
      await this.#transport.send({ method: 'HEAD', bucket });
      return true;
    } catch (error) {
      if (error instanceof StoreError && error.status === 404) {
        return false;
      }
      throw error;
    }
  }

  /**
   * How much is in a bucket, about; null where the store does not say. RGW says it of the whole bucket, in the
   * answer to HEAD; Amazon S3 does not.
   */
  async bucketSize(bucket: string): Promise<{ objects: number; bytes: number } | null> {
    if (this.#transport.prefix !== '') return null;
    const { headers } = await this.#transport.send({ method: 'HEAD', bucket });
    const [objects, bytes] = [headers['x-rgw-object-count'], headers['x-rgw-bytes-used']];
    return objects === undefined || bytes === undefined
      ? null
      : { objects: Number(objects), bytes: Number(bytes) };
  }

  /** Succeeds where the bucket is there already and is ours. */
  async createBucket(bucket: string): Promise<void> {
    try {
      await this.#transport.send({ method: 'PUT', bucket });
    } catch (error) {
      if (!(error instanceof StoreError && error.code === 'BucketAlreadyOwnedByYou')) {
        throw error;
      }
    }
  }

  /** A URL that anyone may use for `expiresSeconds`. */
  presign(
    method: 'GET' | 'HEAD' | 'PUT' | 'DELETE',
    bucket: string,
    key: string,
    options: { expiresSeconds: number },
  ): Promise<string> {
    return this.#transport.presign(method, bucket, key, options.expiresSeconds);
  }
}

/** What `ask` answers, asked once a name; a failure is asked again. */
function once<T>(known: Map<string, Promise<T>>, name: string, ask: () => Promise<T>): Promise<T> {
  let answer = known.get(name);
  if (answer === undefined) {
    answer = ask();
    answer.catch(() => known.delete(name));
    known.set(name, answer);
  }
  return answer;
}
