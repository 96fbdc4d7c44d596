import { expect, test } from 'vitest';
import { keysToDelete } from '../../../../scripts/move/promotion/delete-many.ts';

const read = (text: string) => keysToDelete(Buffer.from(text));

test('reads every key, entities and namespaces too', () => {
  expect(
    read(
      '<?xml version="1.0"?><Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Quiet>true</Quiet>' +
        '<Object><Key>a &amp; b</Key></Object><Object><Key> 007</Key><VersionId>v</VersionId></Object><Object><Key>x&#10;y</Key></Object></Delete>',
    ),
  ).toEqual(['a & b', ' 007', 'x\ny']);
});

test.each(['', '<Delete><Object><Key>a</Key></Object>', '<Other/>', '<Delete><Object></Object></Delete>'])(
  'what is no such document is not guessed at: %s',
  (text) => {
    expect(read(text)).toBeNull();
  },
);

test('bytes that are no UTF-8 are none either', () => {
  expect(
    keysToDelete(
      Buffer.concat([
        Buffer.from('<Delete><Object><Key>'),
        Buffer.from([0xff]),
        Buffer.from('</Key></Object></Delete>'),
      ]),
    ),
  ).toBeNull();
});
