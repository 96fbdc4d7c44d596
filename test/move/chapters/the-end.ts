import { access } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { readParameter } from '../../../scripts/cutover/parameter.ts';
import { finalReport } from '../../../scripts/local/report/final.ts';
import { standing } from '../support.ts';
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

    it('ends with 0 failed requests, 0 lost writes, 0 resurrected objects, 0 wrong reads', async () => {
      let text = '';
      const exitCode = await finalReport(story.move, (part) => (text += part));
      expect(text).toMatch(/failed requests\D+0/i);
      expect(exitCode, text).toBe(0);
      await access(`${story.move.home.folder}/report.html`);
    });
  });
}
