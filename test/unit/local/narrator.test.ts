import { describe, expect, it } from 'vitest';
import { readable } from '../../../scripts/local/narrator.ts';

describe('what a person reads of the engine', () => {
  it('is what the steps say', () => {
    const line =
      ' ~  command:local:Command phase-gate-enter updating (0s) [diff: ~environment]; gate quiet: nobody but us';
    expect(readable(line)).toBe('gate quiet: nobody but us');
    expect(
      readable(' +  command:local:Command local-images-up creating (1s) images: starting a Ceph cluster'),
    ).toBe('images: starting a Ceph cluster');
  });

  it('is not its book-keeping', () => {
    for (const line of [
      '',
      'Updating (local):',
      '@ updating....',
      ' +  pulumi:pulumi:Stack storage-local creating (0s) ',
      ' +  storage:local:Supervisor local-supervisor created ',
      ' +  command:local:Command local-supervisor-up creating (0s) ',
      ' ~  command:local:Command phase-settle-run updating (2s) [diff: ~environment]; {"level":30}',
      '    pulumi:pulumi:Stack storage-local running Phase prepare → copy:',
      'Resources:',
      '    ~ 3 updated',
      'Duration: 15s',
    ]) {
      expect(readable(line), line).toBeNull();
    }
  });

  it('is what our own steps outside the engine say', () => {
    expect(readable('The source holds 274 objects, 252 MB; 274 of them put now')).toBe(
      'The source holds 274 objects, 252 MB; 274 of them put now',
    );
  });
});
