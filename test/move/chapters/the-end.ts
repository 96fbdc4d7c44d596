import { access } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { readParameter } from '../../../scripts/platform/applications-parameter/parameter.ts';
import { finalReport } from '../../../scripts/local/report/final.ts';
import { StoreClient } from '../../../scripts/store/client.ts';
import { standing } from '../support.ts';
import { LATE_KEYS } from './retain.ts';
import { destroyKeepsEverything } from './destroy.ts';
import type { Story } from '../the-move.test.ts';

export function theEnd(story: Story): void {
  describe('done', () => {
    it('removes what was ours on S3', async () => {
      await story.move.advance('done');
      expect((await standing(story.ledger, story.environment)).phase).toBe('done');
      expect((await readParameter(story.environment))?.state).toBe('ceph');
    });

    destroyKeepsEverything(story, 'done');

    it('keeps what late writers put on S3, until somebody takes it away', async () => {
      const { environment } = story;
      const move = environment.moves[0]!;
      const ceph = await StoreClient.open(environment.targets[move.targetCluster]!, 'applications', {
        requestSeconds: 10,
      });
      for (const key of LATE_KEYS) {
        expect((await ceph.head(move.targetBucket, key))?.size).toBeGreaterThan(0);
        // The audit knows what the clients wrote; these are this test's.
        await ceph.delete(move.targetBucket, key);
      }
      await ceph.close();
    });

    it('ends with 0 failed requests, 0 lost writes, 0 resurrected objects, 0 wrong reads', async () => {
      let text = '';
      const exitCode = await finalReport(story.move, (part) => (text += part));
      expect(text).toMatch(/failed requests\D+0/i);
      expect(exitCode, text).toBe(0);
      const compared = [
        ...text.matchAll(/Certificate: base +images: ([\d,]+) (objects|that changed since)/g),
      ];
      expect(
        compared.map(([, , what]) => what),
        text,
      ).toEqual(['objects', 'that changed since']);
      await access(`${story.move.home.folder}/report.html`);
    });
  });
}
