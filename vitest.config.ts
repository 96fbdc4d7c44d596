import { defineConfig } from 'vitest/config';

const minutes = 60_000;

/**
 * What `npm test` runs of the folders that take long, and why just this. Everything else in them is for
 * `npm run test:deep`: no test is in both.
 */
const HEART = {
  // A short search: what breaks an invariant often is found in a few runs of each story.
  model: ['test/model/short-proof.test.ts'],
  engine: [
    // dev and prod made from nothing once, then read: state, outputs, order of calls, policies, no second change.
    'test/engine/aws/from-nothing.test.ts',
    'test/engine/policy/stacks.test.ts',
    // The rights that an update needs, held against what the first update of both stacks called.
    'test/workflows/rights.test.ts',
  ],
  // The way of an object: what a copy keeps, the bulk copy, replay before and after the turn, what is certified.
  real: [
    'test/real/store/{client,copying}.test.ts',
    'test/real/ledger/{claims,holds,operations}.test.ts',
    'test/real/capture/capture.test.ts',
    'test/real/sync/sync.test.ts',
    'test/real/replay/{before-turn,after-turn,late}.test.ts',
    'test/real/verify/{parity,containment}.test.ts',
  ],
};

/** One file after another, the projects in the order of `groupOrder`: they share one local environment. */
const oneAfterAnother = (groupOrder: number) => ({
  fileParallelism: false,
  maxWorkers: 1,
  sequence: { groupOrder },
});

const model = { testTimeout: 15 * minutes, ...oneAfterAnother(1) };

/** Two files at once: an update leaves half of two processors idle. */
const engine = {
  globalSetup: ['test/support/standing-stacks.ts'],
  testTimeout: 3 * minutes,
  hookTimeout: 10 * minutes,
  maxWorkers: 2,
  sequence: { groupOrder: 2 },
};

const onCeph = {
  globalSetup: ['test/support/local-environment.ts'],
  testTimeout: 10 * minutes,
  hookTimeout: 10 * minutes,
};

export default defineConfig({
  test: {
    projects: [
      // Of `npm test`.
      { test: { name: 'unit', include: ['test/unit/**/*.test.ts'], testTimeout: 20_000 } },
      { test: { name: 'model', include: HEART.model, ...model } },
      { test: { name: 'engine', include: HEART.engine, ...engine } },
      { test: { name: 'real', include: HEART.real, ...onCeph, ...oneAfterAnother(3) } },
      { test: { name: 'move', include: ['test/move/**/*.test.ts'], ...onCeph, ...oneAfterAnother(4) } },
      // Of `npm run test:deep`.
      { test: { name: 'model:deep', include: ['test/model/**/*.test.ts'], exclude: HEART.model, ...model } },
      {
        test: {
          name: 'engine:deep',
          include: ['test/engine/**/*.test.ts', 'test/workflows/**/*.test.ts'],
          exclude: HEART.engine,
          ...engine,
        },
      },
      {
        test: {
          name: 'real:deep',
          include: ['test/real/**/*.test.ts'],
          exclude: HEART.real,
          ...onCeph,
          ...oneAfterAnother(3),
        },
      },
      {
        test: {
          name: 'large:deep',
          include: ['test/large/**/*.test.ts'],
          ...onCeph,
          testTimeout: 60 * minutes,
          ...oneAfterAnother(5),
        },
      },
    ],
  },
});
