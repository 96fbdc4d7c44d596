import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { quarantineKey } from '../../../../scripts/move/replay/act.ts';

test('the bytes of a conflict are kept under the move, the key and the position', () => {
  expect(quarantineKey('images', 'a//b c.jpg', 17n)).toBe('images/a//b c.jpg/17');
});

test('a key too long to carry all that is named by its digest', () => {
  const key = 'ü'.repeat(512);
  const digest = createHash('sha256').update(key).digest('hex');
  expect(quarantineKey('images', key, 17n)).toBe(`images/sha256-${digest}/17`);
});
