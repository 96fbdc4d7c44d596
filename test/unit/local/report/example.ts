import type { Figures } from '../../../../scripts/local/report/figures.ts';

export const BEGAN = Date.parse('2026-11-21T12:00:00Z');
export const at = (second: number): Date => new Date(BEGAN + second * 1000);

/** A small move in which everything went well. */
export function exampleFigures(given: Partial<Figures> = {}): Figures {
  return {
    phase: 'retain',
    objects: 2331,
    bytes: 315_000_000,
    operations: { captured: 612, open: 0, outcomes: { copied: 500, deleted: 100, equal: 12 } },
    lag: {
      maxSeconds: 1.3,
      p99Seconds: 0.8,
      series: [0, 1, 2].map((second) => ({ at: at(second), seconds: second / 2, operations: second })),
    },
    holds: [
      {
        direction: 'to-target',
        state: 'called-off',
        startedAt: at(50),
        turnedAt: null,
        endedAt: at(52),
        reason: 'too slow',
      },
      {
        direction: 'to-target',
        state: 'done',
        startedAt: at(60),
        turnedAt: at(62),
        endedAt: at(63.5),
        reason: null,
      },
    ],
    clients: {
      rate: 20,
      count: 8,
      residentBytes: 90 * 2 ** 20,
      operations: 2400,
      mutations: 700,
      retries: 2,
      longestHoldSeconds: 3.4,
      longestMutationSeconds: 3.6,
      failed: 0,
      lost: 0,
      resurrected: 0,
      wrong: 0,
      stale: 0,
      kinds: {
        cached: { count: 400, p50Ms: 3, p99Ms: 40, maxMs: 60 },
        get: { count: 900, p50Ms: 4, p99Ms: 50, maxMs: 70 },
      },
      findings: [],
    },
    series: Array.from({ length: 100 }, (_, second) => ({
      at: at(second).toISOString(),
      state: second < 60 ? 's3' : 'ceph',
      s3: second < 60 ? 15 : 0,
      ceph: second < 60 ? 0 : 15,
      cache: 5,
      mutations: 6,
      failed: 0,
      waiting: 0,
      p99Ms: 20,
    })),
    audit: {
      checked: 2400,
      readWhole: 600,
      lost: 0,
      resurrected: 0,
      wrong: 0,
      unexpected: 0,
      straggler: { writes: 1, applied: 0, superseded: 0, conflicts: 1, unaccounted: 0 },
      fates: [
        {
          operation: {
            id: 0,
            kind: 'overwrite',
            move: 'images',
            key: 'a<b>&"c',
            stage: 'after',
            etag: 'e',
            size: 1,
            outcome: 'acknowledged',
          },
          fate: 'conflict',
        },
      ],
      findings: [],
    },
    conflicts: [
      {
        move: 'images',
        key: 'a<b>&"c',
        kind: 'put',
        quarantine: 'migration-quarantine/1',
        reason: 'Ceph holds one',
      },
    ],
    certificates: [
      {
        id: '1',
        kind: 'base',
        move: 'images',
        at: at(55),
        epoch: '1',
        findings: 0,
        objects: 2331,
        changedOnly: false,
        digest: 'abcdef',
      },
      {
        id: '2',
        kind: 'base',
        move: 'images',
        at: at(57),
        epoch: '1',
        findings: 0,
        objects: 40,
        changedOnly: true,
        digest: 'fedcba',
      },
    ],
    memory: [{ script: 'sync worker', processes: 2, peakBytes: 120 * 2 ** 20 }],
    phases: [
      { phase: 'prepare', startedAt: at(0), endedAt: at(30) },
      { phase: 'copy', startedAt: at(30), endedAt: at(58) },
      { phase: 'cutover', startedAt: at(58), endedAt: at(64) },
      { phase: 'retain', startedAt: at(64), endedAt: at(70) },
    ],
    copied: [
      { at: at(31), objects: 100 },
      { at: at(50), objects: 2331 },
    ],
    pictures: [{ key: 'images/2026/sakura/ramen-00001-card.jpg', dataUri: 'data:image/jpeg;base64,/9j/' }],
    addresses: [{ name: 'S3', url: 'http://127.0.0.1:7480' }],
    ...given,
  };
}
