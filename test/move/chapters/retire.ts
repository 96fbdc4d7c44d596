import { describe, expect, it } from 'vitest';
import { countEverything, standing } from '../support.ts';
import { destroyKeepsEverything } from './destroy.ts';
import { LATE_KEYS, writeToSource } from './retain.ts';
import type { Story } from '../the-move.test.ts';

export function retire(story: Story): void {
  describe('retire', () => {
    it('is refused a day early, and nothing is removed', async () => {
      await story.move.engine.setConfig('storage:clockAheadDays', '14');
      await refused(story, /15 days/);
    });

    it('is refused after one more write to S3, and nothing is removed', async () => {
      await story.move.engine.setConfig('storage:clockAheadDays', '15');
      await story.move.engine.setConfig('storage:quietSeconds', '600');
      await writeToSource(story, LATE_KEYS[1]);
      await refused(story, /somebody wrote to S3/);
    });

    it('empties S3 when everything is proven', async () => {
      await story.move.advance('retire');
      expect((await standing(story.ledger, story.environment)).phase).toBe('retire');
      const counts = await countEverything(story.environment);
      expect(counts['source images']).toBe(0);
      expect(counts['source metadata']).toBe(0);
      expect(counts['target images']).toBeGreaterThan(200);
    });

    destroyKeepsEverything(story, 'retire');
  });
}

/** The gate refuses, S3 keeps all it has, and writes to it are not denied. */
async function refused(story: Story, reason: RegExp): Promise<void> {
  const { move, environment, ledger } = story;
  const before = await countEverything(environment);
  await move.engine.setConfig('storage:phase', 'retire');
  await expect(move.engine.up(() => undefined)).rejects.toThrow(reason);
  const after = await countEverything(environment);
  for (const name of ['source images', 'source metadata']) expect(after[name]).toBe(before[name]);
  expect((await standing(ledger, environment)).phase).toBe('retain');
  await move.engine.setConfig('storage:quietSeconds', '3');
  await move.enter('retain');
}
