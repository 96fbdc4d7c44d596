import { describe, expect, it } from 'vitest';
import { readHistory } from '../../../scripts/ledger/move.ts';
import { replayLag } from '../../../scripts/ledger/operations.ts';
import { syncProgress } from '../../../scripts/ledger/shards.ts';
import { eventually, kill, processesWith, rcloneCheck, standing, supervised } from '../support.ts';
import { destroyKeepsEverything } from './destroy.ts';
import type { Story } from '../the-move.test.ts';

export function copy(story: Story): void {
  describe('copy', () => {
    it('goes on after kill -9 of the sync workers, of replay and of pulumi itself, and after an OSD died', async () => {
      const { move, ledger } = story;
      await move.engine.setConfig('storage:phase', 'copy');
      const update = await move.engine.startUp();
      await eventually(
        'some objects are copied',
        async () => (await syncProgress(ledger, 'images')).copied > 10,
        180,
      );
      kill(await supervised(move, 'sync'));
      kill(await supervised(move, 'replay'));
      kill((await supervised(move, 'images-osd-1')).slice(0, 1));
      kill([update.pid]);
      await update.ended;
      await move.enter('copy');
      expect((await standing(ledger, story.environment)).phase).toBe('copy');
      for (const bucket of story.environment.moves) {
        expect(await syncProgress(ledger, bucket.name)).toMatchObject({ state: 'done', failed: 0 });
      }
    });

    it('never ran two copies of a step at once', async () => {
      const arrivals = (await readHistory(story.ledger)).filter(
        (entry) => entry.moved === 'arrived' && entry.to === 'copy',
      );
      expect(arrivals).toHaveLength(1);
      await eventually(
        'no step is left behind',
        async () => (await processesWith('migrate.ts', 'phase')).length === 0,
      );
    });

    it('leaves two equal sides when the traffic stops, says rclone', async () => {
      const { move, ledger, environment } = story;
      await move.clients.pauseFleet();
      await eventually('replay is at zero', async () => (await replayLag(ledger)).operations === 0);
      for (const name of ['images', 'metadata']) {
        const check = await rcloneCheck(environment, name);
        expect(check.output).toContain('0 differences found');
        expect(check.exitCode).toBe(0);
      }
      await move.clients.resumeFleet();
    });

    destroyKeepsEverything(story, 'copy');
  });
}
