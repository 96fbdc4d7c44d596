import { describe, expect, it } from 'vitest';
import { readParameter } from '../../../scripts/platform/applications-parameter/parameter.ts';
import { lastHold, openHold } from '../../../scripts/ledger/holds.ts';
import { appendOperations, replayLag } from '../../../scripts/ledger/operations.ts';
import { eventually, kill, processesWith, standing, supervised } from '../support.ts';
import type { Story } from '../the-move.test.ts';

export function cutover(story: Story): void {
  describe('cutover', () => {
    it('calls a hold off that cannot end in time, and S3 goes on unharmed', async () => {
      const { move, ledger, environment } = story;
      await move.engine.setConfig('storage:phase', 'cutover');
      const update = await move.engine.startUp();
      await whileNoHoldCanEnd(story, update, async () => {
        expect(await update.ended).toContain('The hold was called off');
      });
      expect(await lastHold(ledger)).toMatchObject({ state: 'called-off' });
      expect(await standing(ledger, environment)).toEqual({
        phase: 'copy',
        entering: 'cutover',
        epoch: 1n,
        writesGoTo: 'source',
        parameter: 's3',
      });
      await writesGoOn(story);
    });

    it('calls a hold off whose process was killed, and S3 goes on', async () => {
      const { move, ledger, environment } = story;
      const update = await move.engine.startUp();
      await whileNoHoldCanEnd(story, update, async () => {
        kill(await processesWith('migrate.ts', 'phase settle'));
        await eventually('the watcher has called it off', async () => (await openHold(ledger)) === null, 30);
        await update.ended;
      });
      expect(await lastHold(ledger)).toMatchObject({
        state: 'called-off',
        reason: 'the process that held it died',
      });
      await eventually(
        'the parameter says S3',
        async () => (await readParameter(environment))?.state === 's3',
      );
      await writesGoOn(story);
    });

    it('turns the applications while they write, and a straggler ignores it', async () => {
      const { move, ledger, environment } = story;
      await move.advance('cutover');
      expect(await standing(ledger, environment)).toEqual({
        phase: 'cutover',
        entering: null,
        epoch: 2n,
        writesGoTo: 'target',
        parameter: 'ceph',
      });
      expect(await lastHold(ledger)).toMatchObject({ state: 'done', direction: 'to-target' });
      await writesGoOn(story);
    });
  });
}

/**
 * When a hold has begun, replay is stopped in its tracks with something left to do: it cannot reach zero.
 * Then `work`; afterwards replay starts again, and catches up: the next gate refuses where it is behind.
 */
async function whileNoHoldCanEnd(
  story: Story,
  update: { ended: Promise<string> },
  work: () => Promise<void>,
): Promise<void> {
  await Promise.race([
    eventually('a hold begins', async () => (await readParameter(story.environment))?.state === 'hold', 120),
    update.ended.then((output) => {
      throw new Error(`The update ended before a hold began:\n${output}`);
    }),
  ]);
  const pids = await supervised(story.move, 'replay');
  expect(pids.length).toBeGreaterThan(0);
  kill(pids, 'SIGSTOP');
  try {
    await appendOperations(story.ledger, [
      { move: 'images', key: 'nobody/wrote/this', kind: 'put', eventName: 'test', eventSource: 'ceph:s3' },
    ]);
    await work();
  } finally {
    kill(pids, 'SIGKILL');
  }
  await eventually(
    'replay has caught up',
    async () => (await replayLag(story.ledger)).seconds < story.environment.bounds.lagSeconds / 2,
  );
}

async function writesGoOn(story: Story): Promise<void> {
  const before = (await story.move.clients.fleetStatus())?.mutations ?? 0;
  await eventually(
    'clients write',
    async () => ((await story.move.clients.fleetStatus())?.mutations ?? 0) > before + 10,
  );
}
