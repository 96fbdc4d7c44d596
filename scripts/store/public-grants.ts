import { log } from '../contract/log.ts';
import type { Grant } from './attributes.ts';
import { StoreError } from './errors.ts';
import type { Transport } from './http.ts';
import { versionQuery } from './objects.ts';
import { parseXml, textOf } from './xml.ts';

const EVERYBODY = 'http://acs.amazonaws.com/groups/global/AllUsers';
const SIGNED_IN = 'http://acs.amazonaws.com/groups/global/AuthenticatedUsers';

const isPublic = ({ grantee }: Grant): boolean => grantee.includes(EVERYBODY) || grantee.includes(SIGNED_IN);

/**
 * Grants to the public that S3 ignores, which would come alive in a copy: those of a bucket whose Public Access
 * Block says so, or of an account's. The account's cannot be asked of the bucket: a read without a signature
 * shows it. Once one was let in the grants of its bucket count.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
 */
export class PublicGrants {
  readonly #transport: Transport;
  readonly #anonymous: () => Transport;
  readonly #blocked = new Map<string, Promise<boolean>>();
  readonly #open = new Set<string>();
  readonly #said = new Set<string>();

  /** @param anonymous the same store, asked without a signature */
  constructor(transport: Transport, anonymous: () => Transport) {
    this.#transport = transport;
    this.#anonymous = anonymous;
  }

  /** The grants that have an effect. */
  async effective(
    bucket: string,
    key: string,
    grants: Grant[],
    versionId: string | undefined,
  ): Promise<Grant[]> {
    if (!grants.some(isPublic) || (await this.#count(bucket, key, grants, versionId))) return grants;
    if (!this.#said.has(bucket)) {
      log.warn(
        { bucket, key },
        'grants to the public that the store ignores (Public Access Block) are neither copied nor compared',
      );
      this.#said.add(bucket);
    }
    return grants.filter((grant) => !isPublic(grant));
  }

  async #count(
    bucket: string,
    key: string,
    grants: Grant[],
    versionId: string | undefined,
  ): Promise<boolean> {
    if (await this.#isBlocked(bucket)) return false;
    // Only Amazon has accounts with a block of their own.
    if (this.#transport.endpoint.kind !== 'aws' || this.#open.has(bucket)) return true;
    const reads = grants.some(
      ({ grantee, permission }) =>
        grantee.includes(EVERYBODY) && (permission === 'READ' || permission === 'FULL_CONTROL'),
    );
    // What cannot be shown to be public stays private.
    if (!reads || !(await this.#isReadByAnybody(bucket, key, versionId))) return false;
    this.#open.add(bucket);
    return true;
  }

  #isBlocked(bucket: string): Promise<boolean> {
    let answer = this.#blocked.get(bucket);
    if (answer === undefined) {
      answer = ignoresPublicAcls(this.#transport, bucket);
      answer.catch(() => this.#blocked.delete(bucket));
      this.#blocked.set(bucket, answer);
    }
    return answer;
  }

  async #isReadByAnybody(bucket: string, key: string, versionId: string | undefined): Promise<boolean> {
    try {
      await this.#anonymous().send({ method: 'HEAD', bucket, key, query: versionQuery(versionId) });
      return true;
    } catch (error) {
      if (error instanceof StoreError && [400, 401, 403].includes(error.status)) return false;
      throw error;
    }
  }
}

/** By the bucket's own block. A store without one says so, and who may not ask finds out by reading. */
async function ignoresPublicAcls(transport: Transport, bucket: string): Promise<boolean> {
  try {
    const { text } = await transport.send({ method: 'GET', bucket, query: { publicAccessBlock: '' } });
    return textOf(parseXml(text, 'PublicAccessBlockConfiguration'), 'IgnorePublicAcls') === 'true';
  } catch (error) {
    const none =
      error instanceof StoreError &&
      (error.code === 'MalformedAnswer' || error.status === 501 || /^4/.test(String(error.status)));
    if (none && error.status !== 429) return false;
    throw error;
  }
}
