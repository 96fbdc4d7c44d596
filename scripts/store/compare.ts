import type { StoreClient } from './client.ts';
import { hasCode } from './errors.ts';
import { HEADER_NAMES, type ObjectHead, type ObjectHeaders } from './object.ts';

/** An object with all that must be the same on both sides, but for its bytes. */
export type Described = {
  head: ObjectHead;
  tags: Record<string, string>;
  /** Grants beyond the owners', see `StoreClient.acl`. */
  acl: string;
};

/**
 * HEAD, tags and ACL of an object; null where it is not there. Tags are asked for only where HEAD counts
 * any: AWS and RGW 16.2.15 both send `x-amz-tagging-count` then. (AWS sends it to those alone who may
 * read tags.)
 */
export async function describe(client: StoreClient, bucket: string, key: string): Promise<Described | null> {
  for (let attempt = 1; ; attempt++) {
    const head = await client.head(bucket, key);
    if (head === null) {
      return null;
    }
    try {
      const [tags, acl] = await Promise.all([
        (head.tagCount ?? 0) > 0 ? client.tags(bucket, key) : {},
        client.acl(bucket, key),
      ]);
      return { head, tags, acl };
    } catch (error) {
      if (!hasCode(error, 'NoSuchKey') || attempt === 3) {
        throw error; // deleted in between: the next HEAD says so
      }
    }
  }
}

/**
 * The names of what differs, in a fixed order; none when the two are equal as far as this can be told
 * without reading bytes. `etag` is among them when the ETags differ even if they are no digests:
 * "cannot be told" is never "equal". `sameBytes` can then settle it.
 */
export function compareObjects(source: Described, target: Described): string[] {
  return [
    ...compareHeads(source.head, target.head),
    ...(sameRecord(source.tags, target.tags) ? [] : ['tags']),
    ...(source.acl === target.acl ? [] : ['acl']),
  ];
}

/** `compareObjects` for what HEAD tells: size, ETag, content headers, metadata. */
export function compareHeads(source: ObjectHead, target: ObjectHead): string[] {
  const headers = Object.entries(HEADER_NAMES) as [keyof ObjectHeaders, string][];
  return [
    ...(source.size === target.size ? [] : ['size']),
    ...(source.etag === target.etag ? [] : ['etag']),
    ...headers.flatMap(([field, name]) => (source.headers[field] === target.headers[field] ? [] : [name])),
    ...(sameRecord(source.metadata, target.metadata) ? [] : ['metadata']),
  ];
}

/** Whether HEAD tells the same of both. Of versions, whose tags and ACLs nobody asks for. */
export function sameContent(source: ObjectHead, target: ObjectHead): boolean {
  return compareHeads(source, target).length === 0;
}

function sameRecord(a: Record<string, string>, b: Record<string, string>): boolean {
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => Object.hasOwn(b, name) && a[name] === b[name])
  );
}
