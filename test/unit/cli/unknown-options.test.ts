import type { ArgsDef } from 'citty';
import { expect, test } from 'vitest';
import { assertKnownOptions, editDistance } from '../../../scripts/cli/unknown-options.ts';

const definitions: ArgsDef[] = [
  {},
  {
    'dry-run': { type: 'boolean' },
    json: { type: 'boolean' },
    source: { type: 'string', valueHint: 's3://BUCKET' },
    kind: { type: 'enum', options: ['base'] },
    phase: { type: 'positional' },
  },
];
const check =
  (...words: string[]) =>
  () =>
    assertKnownOptions(words, definitions);

test.each([
  [['--dry-run', '--json', '--source', 's3://x']],
  [['--source=s3://x', '--kind=base', '--no-json']],
  [['--dryRun']],
  [['run', 'copy', '-']],
  // After it nothing is an option.
  [['--', '--anything']],
  // A value may begin with dashes when it is joined.
  [['--source=--x']],
  // What looks like an option is another one's value.
  [['--source', '-x']],
])('%j is taken', (words) => {
  expect(check(...words)).not.toThrow();
});

test.each([
  [['--dryrun'], 'There is no option --dryrun. Is it --dry-run?'],
  [['--jsno=1'], 'There is no option --jsno. Is it --json?'],
  [['--nothing-like-it'], 'There is no option --nothing-like-it.'],
  // A positional argument has no dashes.
  [['--phase', 'copy'], 'There is no option --phase.'],
  [['--source'], '--source has no value; give it as --source s3://BUCKET'],
  [['--source', '--json'], '--source has no value; give it as --source s3://BUCKET'],
  [['--kind='], '--kind has no value; give it as --kind VALUE'],
])('%j is refused', (words, message) => {
  expect(check(...words)).toThrow(expect.objectContaining({ name: 'UserError', exitCode: 2, message }));
});

test('the distance counts letters put in, taken out and changed', () => {
  expect([editDistance('', 'abc'), editDistance('kitten', 'sitting'), editDistance('same', 'same')]).toEqual([
    3, 3, 0,
  ]);
});
