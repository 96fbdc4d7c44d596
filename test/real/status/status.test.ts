import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { recordCertificate } from '../../../scripts/ledger/certificates.ts';
import { recordFailure } from '../../../scripts/ledger/failures.ts';
import { commitHorizon } from '../../../scripts/ledger/operations.ts';
import { addPending } from '../../../scripts/ledger/pending.ts';
import { readStatus } from '../../../scripts/move/status/read.ts';
import { renderStatus } from '../../../scripts/move/status/render.ts';
import { realServices, type Scratch } from '../../support/real.ts';
import { bothSides, touch } from '../verify/support.ts';
import { teardownRefusals } from '../../../scripts/move/teardown/refusals.ts';

let scratch: Scratch;
beforeAll(async () => {
  scratch = await (await realServices()).scratch('status');
});
afterAll(() => scratch.close());

const screen = async () =>
  renderStatus(await readStatus(scratch.environment, scratch.ledger, teardownRefusals), new Date());

test('each phase says what its next gate would refuse', async () => {
  const { ledger, environment } = scratch;
  const phase = (name: string, to = 'source') =>
    ledger.query('UPDATE move SET phase = $1, writes_go_to = $2, cutover_at = now()', [name, to]);
  expect(await screen()).toContain(
    'next        prepare; its gate would still refuse:\n  - see: migrate preflight',
  );
  await phase('copy');
  expect(await screen()).toContain(
    '  - the bulk copy of scratch is not complete (0 of 0 shards)\n  - scratch has no base certificate',
  );
  await recordCertificate(ledger, {
    kind: 'base',
    move: 'scratch',
    epoch: 1n,
    horizon: await commitHorizon(ledger),
    findings: 2,
    document: {},
  });
  await recordFailure(ledger, { move: 'scratch', key: 'k\n', stage: 'sync', reason: 'too big' });
  expect(await screen()).toContain(
    'the base certificate of scratch has 2 findings\n  - 1 keys are on the failed list',
  );
  expect(await screen()).toContain('            scratch sync "k\\n" (1 attempts): too big');
  await phase('cutover', 'target');
  await addPending(ledger, 'scratch', ['p'], 'r');
  await touch(scratch, ['a'], false);
  expect(await screen()).toContain(
    '  - 1 keys are on S3 alone: migrate pending list\n  - 1 operations of S3 are not handled yet',
  );
  await phase('retain', 'target');
  expect(await screen()).toMatch(
    /next {8}retire; its gate would still refuse:\n {2}- S3 is kept for 15 days/,
  );
  await phase('retire', 'target');
  expect(await screen()).toContain('next        done: nothing that can be seen from here');
  const { onSource } = await bothSides(scratch);
  await onSource('left', 'x');
  expect(await screen()).toContain('still has 1 objects, 1 versions and delete markers');
  await phase('done', 'target');
  expect(await screen()).toContain('next        nothing: the move is done');
  const { stdout, exitCode } = await execa('node', [
    'scripts/migrate.ts',
    'status',
    '--json',
    '--environment',
    scratch.environmentFile,
  ]);
  expect(exitCode).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    environment: environment.name,
    move: { phase: 'done', epoch: '1', writesGoTo: 'target' },
    pending: 1,
    next: null,
  });
});
