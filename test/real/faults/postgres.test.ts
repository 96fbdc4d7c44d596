import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { runReplay } from '../../../scripts/move/replay/worker.ts';
import { replayLag } from '../../../scripts/ledger/operations.ts';
import { eventually } from '../replay/support.ts';
import { Bed, beforeThe, brief, isWrite } from './support.ts';

let bed: Bed;
beforeEach(async () => {
  bed = await Bed.open('faults-postgres');
});
afterEach(() => bed.close());

/** Restarted in an orderly way: every connection is closed, and for a moment nothing answers. */
async function restart(): Promise<void> {
  await bed.supervisor.stop('postgres');
  await sleep(300);
  await bed.supervisor.start(['postgres'], { deadlineSeconds: 60 });
}

/** Killed; the supervisor starts it again, and it recovers from its log. */
async function kill(): Promise<void> {
  process.kill(await bed.pidOf('postgres'), 'SIGKILL');
  await Promise.resolve();
}

const CALAMITIES = [
  ['restarted', restart],
  ['killed', kill],
] as const;

it.each(CALAMITIES)('sync waits for a PostgreSQL that is %s, and goes on', async (_how, calamity) => {
  const { environment } = await bed.through('target', beforeThe(10, isWrite, calamity));
  expect(await bed.sync(brief(environment))).toBe('done');
  await bed.expectEqualSides();
});

it.each(CALAMITIES)('replay waits for a PostgreSQL that is %s, and goes on', async (_how, calamity) => {
  const { ledger } = bed.scratch;
  const { environment } = await bed.through('target', beforeThe(10, isWrite, calamity));
  await bed.logAll();
  const stop = new AbortController();
  const replay = runReplay(brief(environment), { follow: true, concurrency: 8, stop: stop.signal });
  const lag = () => replayLag(ledger).catch(() => ({ operations: Infinity }));
  await eventually('nothing is open', async () => (await lag()).operations === 0, 120);
  stop.abort();
  await replay;
  await bed.expectEqualSides();
});
