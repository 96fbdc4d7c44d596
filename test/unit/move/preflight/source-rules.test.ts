import { expect, test } from 'vitest';
import { ruleFindings } from '../../../../scripts/move/preflight/source-rules.ts';
import { lifecycleEntries } from '../../../../scripts/store/documents.ts';

const found = (...rules: string[]): string[] =>
  ruleFindings(
    'source images',
    lifecycleEntries(`<LifecycleConfiguration>${rules.join('')}</LifecycleConfiguration>`),
  ).map(({ severity, about, message }) => `${severity} ${about}: ${message}`);
const rule = (id: string, inside: string, status = 'Enabled') =>
  `<Rule><ID>${id}</ID>${inside}<Status>${status}</Status></Rule>`;

const EXPIRES = 'until the cutover they go from the target too. Set the same rule on Ceph after the cutover';
const ARCHIVES =
  'where they cannot be read: what it takes before it is copied does not move. Switch it off until the cutover';
const all = '<Filter><Prefix></Prefix></Filter>';

test("preflight names what the bucket's own rules take during the move, from where and when", () => {
  expect(
    found(
      rule(
        'tmp',
        '<Filter><Prefix>tmp/</Prefix></Filter><Expiration><Days>30</Days></Expiration><Transition><Days>7</Days><StorageClass>GLACIER</StorageClass></Transition>',
      ),
      rule('old', '<Prefix>a/</Prefix><Expiration><Date>2027-01-01T00:00:00Z</Date></Expiration>'),
      rule(
        'narrow',
        '<Filter><And><Prefix>b/</Prefix><Tag><Key>k</Key><Value>v</Value></Tag><ObjectSizeGreaterThan>9</ObjectSizeGreaterThan></And></Filter><Expiration><Days>1</Days></Expiration>',
      ),
      `<Rule>${all}<Status>Enabled</Status><Transition><Days>90</Days><StorageClass>DEEP_ARCHIVE</StorageClass></Transition></Rule>`,
    ),
  ).toEqual([
    `warning source images: the bucket's own lifecycle rule "tmp" expires objects with the prefix "tmp/" 30 days after they were written: ${EXPIRES}`,
    `warning source images: the bucket's own lifecycle rule "tmp" moves objects with the prefix "tmp/" to GLACIER 7 days after they were written, ${ARCHIVES}`,
    `warning source images: the bucket's own lifecycle rule "old" expires objects with the prefix "a/" on 2027-01-01: ${EXPIRES}`,
    `warning source images: the bucket's own lifecycle rule "narrow" expires objects with the prefix "b/" and tagged k=v and of more than 9 bytes 1 days after they were written: ${EXPIRES}`,
    `warning source images: the bucket's own lifecycle rule without a name moves all objects to DEEP_ARCHIVE 90 days after they were written, ${ARCHIVES}`,
  ]);
});

test('rules that are off, that only move to classes that can be read, or that are about old versions are no findings', () => {
  expect(
    found(
      rule('off', `${all}<Expiration><Days>1</Days></Expiration>`, 'Disabled'),
      rule('cheap', `${all}<Transition><Days>30</Days><StorageClass>STANDARD_IA</StorageClass></Transition>`),
      rule(
        'versions',
        `${all}<Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration>` +
          '<NoncurrentVersionExpiration><NoncurrentDays>3</NoncurrentDays></NoncurrentVersionExpiration>',
      ),
    ),
  ).toEqual([]);
});
