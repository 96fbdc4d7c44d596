import { createHash } from 'node:crypto';
import { hasCode, StoreError } from './errors.ts';
import type { Transport } from './http.ts';
import { versionQuery, type Guard } from './objects.ts';
import { childrenOf, escapeXml, parseXml, requiredText, textOf, type XmlNode } from './xml.ts';

/** Of which version; default: the latest. */
type VersionOption = { versionId?: string | undefined };

/** The tags of an object; none when it has none. Throws NoSuchKey where there is no such object. */
export async function getTags(
  transport: Transport,
  bucket: string,
  key: string,
  version: VersionOption = {},
): Promise<Record<string, string>> {
  try {
    const query = { tagging: '', ...versionQuery(version.versionId) };
    const answer = await transport.send({ method: 'GET', bucket, key, query });
    // RGW 16.2.15 answers an empty body for an object that was uploaded in parts and never tagged.
    if (answer.text === '') {
      return {};
    }
    const [set] = childrenOf(parseXml(answer.text, 'Tagging'), 'TagSet');
    const tags = set === undefined ? [] : childrenOf(set, 'Tag');
    return Object.fromEntries(tags.map((tag) => [requiredText(tag, 'Key'), textOf(tag, 'Value') ?? '']));
  } catch (error) {
    // Older RGWs answer this for an object without tags; AWS and RGW 16.2.15 answer an empty set.
    if (hasCode(error, 'NoSuchTagSet', 'NoSuchTagSetError')) {
      return {};
    }
    throw error;
  }
}

export async function putTags(
  transport: Transport,
  bucket: string,
  key: string,
  tags: Record<string, string>,
  options: Guard & VersionOption = {},
): Promise<void> {
  const items = Object.entries(tags).map(
    ([name, value]) => `<Tag><Key>${escapeXml(name)}</Key><Value>${escapeXml(value)}</Value></Tag>`,
  );
  const body = Buffer.from(`<Tagging><TagSet>${items.join('')}</TagSet></Tagging>`);
  const headers = { 'content-md5': createHash('md5').update(body).digest('base64') };
  const query = { tagging: '', ...versionQuery(options.versionId) };
  await transport.send({ method: 'PUT', bucket, key, query, headers, body, assertLive: options.assertLive });
}

export type Grant = { grantee: string; permission: string };
export type AccessControl = { owner: string; grants: Grant[] };

/** Who may do what, of an object or (without a key) of a bucket. */
export async function getAcl(
  transport: Transport,
  bucket: string,
  key?: string,
  version: VersionOption = {},
): Promise<AccessControl> {
  const answer = await transport.send({
    method: 'GET',
    bucket,
    ...(key !== undefined && { key }),
    query: { acl: '', ...versionQuery(version.versionId) },
  });
  return readAcl(answer.text);
}

/** Objects of one writer have one ACL: the text is read once, not once an object. */
let lastRead: { text: string; acl: AccessControl } | undefined;

function readAcl(text: string): AccessControl {
  if (lastRead?.text !== text) lastRead = { text, acl: parseAcl(text) };
  return lastRead.acl;
}

function parseAcl(text: string): AccessControl {
  const policy = parseXml(text, 'AccessControlPolicy');
  const [owner] = childrenOf(policy, 'Owner');
  const [list] = childrenOf(policy, 'AccessControlList');
  if (owner === undefined || list === undefined) {
    throw new StoreError('The store answered an ACL without an owner', {
      status: 0,
      code: 'MalformedAnswer',
    });
  }
  const grants = childrenOf(list, 'Grant').map((grant) => ({
    grantee: granteeOf(childrenOf(grant, 'Grantee')[0] ?? ''),
    permission: requiredText(grant, 'Permission'),
  }));
  return { owner: requiredText(owner, 'ID'), grants };
}

/**
 * Whether a bucket's ACLs count. Amazon S3 takes none into account where its ownership control is
 * `BucketOwnerEnforced`, which new buckets have: an object's ACL is then the owner's alone, and a PUT may not
 * ask for another. Where we may not know, they count.
 */
export async function aclsCount(transport: Transport, bucket: string): Promise<boolean> {
  try {
    const answer = await transport.send({ method: 'GET', bucket, query: { ownershipControls: '' } });
    const rules = childrenOf(parseXml(answer.text, 'OwnershipControls'), 'Rule');
    return !rules.some((rule) => textOf(rule, 'ObjectOwnership') === 'BucketOwnerEnforced');
  } catch (error) {
    // None are set, or this user may not ask.
    if (error instanceof StoreError && (error.status === 404 || error.status === 403)) return true;
    throw error;
  }
}

const NOBODY = 'emailAddress=""';

/** Whether a store says by this that it has no ACLs: many have none, and Amazon S3 where they are switched off. */
export function saysNoAcls(error: unknown): boolean {
  return (
    error instanceof StoreError &&
    (error.status === 501 || hasCode(error, 'NotImplemented', 'AccessControlListNotSupported'))
  );
}

function granteeOf(node: XmlNode): string {
  const uri = textOf(node, 'URI');
  if (uri !== undefined) {
    return `uri="${uri}"`;
  }
  const id = textOf(node, 'ID');
  return id === undefined ? `emailAddress="${textOf(node, 'EmailAddress') ?? ''}"` : `id="${id}"`;
}

/**
 * The grants beyond those that come with ownership: the object's owner and the bucket's owner have their
 * own names in every store, so they can say nothing about equality.
 */
export function foreignGrants(acl: AccessControl, bucketOwner: string): Grant[] {
  // A store without ACLs may answer one in which its only grantee has no name (MinIO).
  const own = new Set([`id="${acl.owner}"`, `id="${bucketOwner}"`, NOBODY]);
  return acl.grants
    .filter((grant) => !own.has(grant.grantee))
    .sort((a, b) => (grantText(a) < grantText(b) ? -1 : 1));
}

/** One line a grant, sorted; empty when nobody but the owners has any. */
export function canonicalGrants(grants: Grant[]): string {
  return grants.map(grantText).join('\n');
}

function grantText(grant: Grant): string {
  return `${grant.permission} ${grant.grantee}`;
}

/** The headers of a PUT that give these grants, the bucket's owner keeping full control. */
export function grantHeaders(grants: Grant[], bucketOwner: string): Record<string, string> {
  const headers: Record<string, string[]> = { 'x-amz-grant-full-control': [`id="${bucketOwner}"`] };
  for (const { grantee, permission } of grants) {
    const name = `x-amz-grant-${permission.toLowerCase().replaceAll('_', '-')}`;
    (headers[name] ??= []).push(grantee);
  }
  return Object.fromEntries(Object.entries(headers).map(([name, grantees]) => [name, grantees.join(', ')]));
}

/** What a target answers that takes no ACLs, or does not know a grantee: RGW 16.2.15 says NoSuchKey then. */
const REFUSES_GRANTS = [
  'NoSuchKey',
  'InvalidArgument',
  'InvalidRequest',
  'AccessDenied',
  'AccessControlListNotSupported',
  'UnresolvableGrantByEmailAddress',
];

/** Says of a write that was refused that it was to give these grants, where they may be why. */
export function explainGrants(error: unknown, key: string, grants: Grant[]): unknown {
  if (!(error instanceof StoreError && hasCode(error, ...REFUSES_GRANTS))) return error;
  if (error.method !== 'PUT' && error.method !== 'POST') return error; // the source's, or of no answer at all
  return new StoreError(
    `The target refuses ${key} with the grants of its source (${canonicalGrants(grants).replaceAll('\n', ', ')}): ${error.message}. ` +
      'A grantee must be known there and ACLs be on; without grants it is copied where ACLs are ignored on both sides',
    { status: error.status, code: 'GrantsRefused', retryable: false, cause: error },
  );
}
