import { describe, expect, it } from 'vitest';
import { readHistory } from '../../../scripts/ledger/move.ts';
import { eventually, standing } from '../support.ts';
import { destroyKeepsEverything } from './destroy.ts';
import type { Story } from '../the-move.test.ts';

export function prepare(story: Story): void {
  describe('prepare', () => {
    it('has arrived, and the parameter of the applications says S3', async () => {
      expect(await standing(story.ledger, story.environment)).toEqual({
        phase: 'prepare',
        entering: null,
        epoch: 1n,
        writesGoTo: 'source',
        parameter: 's3',
      });
    });

    it('fills the source, and filling it again changes nothing', async () => {
      await story.move.fill();
      const before = story.said.length;
      await story.move.fill();
      expect(story.said.slice(before).join('\n')).not.toMatch(/failed/i);
    });

    it('has clients that read and write', async () => {
      await story.move.clients.startFleet();
      await eventually(
        'clients have done something',
        async () => ((await story.move.clients.fleetStatus())?.operations ?? 0) > 30,
      );
    });

    it('prints the steps in a preview and runs none of them', async () => {
      await story.move.engine.setConfig('storage:phase', 'copy');
      const lines: string[] = [];
      await story.move.engine.preview((line) => lines.push(line));
      expect(lines.join('\n')).toContain('Phase prepare → copy:');
      expect(lines.join('\n')).toContain(
        'settle: prove capture: a canary written to every source bucket comes through to the log',
      );
      expect((await standing(story.ledger, story.environment)).phase).toBe('prepare');
      expect((await readHistory(story.ledger)).some((entry) => entry.to === 'copy')).toBe(false);
    });

    it('refuses to skip a phase and says why', async () => {
      await story.move.engine.setConfig('storage:phase', 'cutover');
      await expect(story.move.engine.up(() => undefined)).rejects.toThrow(
        'The move cannot go from prepare to cutover: copy would be skipped',
      );
      expect((await standing(story.ledger, story.environment)).phase).toBe('prepare');
    });

    it('refuses a phase that does not exist, and a misspelt setting, before anything changes', async () => {
      await story.move.engine.setConfig('storage:phase', 'cut-over');
      await expect(story.move.engine.up(() => undefined)).rejects.toThrow(/storage:phase: .*"cut-over"/);
      await story.move.engine.setConfig('storage:phase', 'prepare');
      await story.move.engine.setConfig('storage:quietSecond', '1');
      await expect(story.move.engine.up(() => undefined)).rejects.toThrow(
        'storage:quietSecond: there is no such setting; did you mean storage:quietSeconds?',
      );
      await story.move.engine.removeConfig('storage:quietSecond');
    });

    destroyKeepsEverything(story, 'prepare');
  });
}
