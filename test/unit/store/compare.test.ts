import { describe, expect, it } from 'vitest';
import { canonicalGrants, foreignGrants, grantHeaders } from '../../../scripts/store/attributes.ts';
import { compareObjects, sameContent, type Described } from '../../../scripts/store/compare.ts';

const object: Described = {
  head: {
    key: 'k',
    size: 1,
    etag: 'e',
    lastModified: new Date(0),
    headers: { contentType: 'a/b' },
    metadata: { a: '1' },
  },
  tags: { t: '1' },
  acl: '',
};

describe('comparing objects', () => {
  it('finds nothing where only times and classes differ', () => {
    const other = { ...object, head: { ...object.head, lastModified: new Date(1), storageClass: 'COLD' } };
    expect(compareObjects(object, other)).toEqual([]);
    expect(sameContent(object.head, other.head)).toBe(true);
  });

  it('names all that differs', () => {
    const other: Described = {
      head: { ...object.head, size: 2, etag: 'f', headers: { expires: '0' }, metadata: { a: '2' } },
      tags: {},
      acl: 'READ uri="x"',
    };
    expect(compareObjects(object, other)).toEqual([
      'size',
      'etag',
      'content-type',
      'expires',
      'metadata',
      'tags',
      'acl',
    ]);
    expect(sameContent(object.head, other.head)).toBe(false);
  });
});

describe('grants', () => {
  const everyone = { grantee: 'uri="http://acs.amazonaws.com/groups/global/AllUsers"', permission: 'READ' };

  it('of the owners say nothing', () => {
    const acl = {
      owner: 'sync',
      grants: [
        { grantee: 'id="sync"', permission: 'FULL_CONTROL' },
        everyone,
        { grantee: 'id="applications"', permission: 'FULL_CONTROL' },
      ],
    };
    expect(foreignGrants(acl, 'applications')).toEqual([everyone]);
    expect(canonicalGrants([everyone])).toBe(`READ ${everyone.grantee}`);
  });

  it('of others become headers', () => {
    expect(grantHeaders([everyone, { grantee: 'id="x"', permission: 'READ_ACP' }], 'applications')).toEqual({
      'x-amz-grant-full-control': 'id="applications"',
      'x-amz-grant-read': everyone.grantee,
      'x-amz-grant-read-acp': 'id="x"',
    });
  });
});
