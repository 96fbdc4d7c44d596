import { expect, test } from 'vitest';
import { sinceTurn } from '../../../../scripts/move/verify/since.ts';

test('a finding says for how long the key has been wrong', () => {
  const turn = new Date('2026-01-01T00:00:00Z');
  expect(sinceTurn(turn, new Date('2026-01-01T01:00:00Z'))).toBe(
    ' (wrong since the turn at 2026-01-01T00:00:00.000Z, 3600 s ago)',
  );
  expect(sinceTurn(null)).toBe('');
});
