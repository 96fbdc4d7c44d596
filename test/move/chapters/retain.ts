import { describe, expect, it } from 'vitest';
import { StoreClient } from '../../../scripts/store/client.ts';
import { eventually, standing } from '../support.ts';
import { lastSourceWrite } from '../../../scripts/ledger/operations.ts';
import { destroyKeepsEverything } from './destroy.ts';
import type { Story } from '../the-move.test.ts';

/** What this test writes to S3 after the cutover, in `retain` and before `retire`. */
export const LATE_KEYS = ['straggler/late', 'straggler/very-late'] as const;

export function retain(story: Story): void {
  describe('retain', () => {
    it('is refused while somebody still writes to S3', async () => {
      const { move, environment, ledger } = story;
      await writeToSource(story, LATE_KEYS[0]);
      await move.engine.setConfig('storage:phase', 'retain');
      await move.engine.setConfig('storage:quietSeconds', '600');
      await expect(move.engine.up(() => undefined)).rejects.toThrow(
        /somebody wrote to S3 .* it must have been quiet for 600 s/,
      );
      await move.engine.setConfig('storage:quietSeconds', '3');
      await move.enter('cutover');
      expect((await standing(ledger, environment)).phase).toBe('cutover');
    });

    it('arrives when S3 is quiet', async () => {
      await story.move.advance('retain');
      expect((await standing(story.ledger, story.environment)).phase).toBe('retain');
    });

    destroyKeepsEverything(story, 'retain');
  });
}

/** A write to S3 by an application that does not know better; returns when its event is in the log. */
export async function writeToSource(story: Story, key: string): Promise<void> {
  const { environment, ledger } = story;
  const before = await lastSourceWrite(ledger);
  const source = await StoreClient.open(environment.source, 'applications', { requestSeconds: 10 });
  const body = Buffer.from(`late: ${key}`);
  await source.put(environment.moves[0]!.sourceBucket, key, body, { contentLength: body.length });
  await source.close();
  await eventually('the event has come through', async () => {
    const last = await lastSourceWrite(ledger);
    return last !== null && (before === null || last > before);
  });
}
