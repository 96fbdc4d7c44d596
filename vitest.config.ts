import { defineConfig } from 'vitest/config';

const minutes = 60_000;

/** One file after another, the projects in the order of `groupOrder`: they share one local environment. */
const oneAfterAnother = (groupOrder: number) => ({
  fileParallelism: false,
  maxWorkers: 1,
  sequence: { groupOrder },
});

export default defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', include: ['test/unit/**/*.test.ts'], testTimeout: 20_000 } },
      {
        test: {
          name: 'model',
          include: ['test/model/**/*.test.ts'],
          testTimeout: 15 * minutes,
          ...oneAfterAnother(4),
        },
      },
      {
        test: {
          name: 'engine',
          include: ['test/engine/**/*.test.ts', 'test/workflows/**/*.test.ts'],
          globalSetup: ['test/support/standing-stacks.ts'],
          testTimeout: 3 * minutes,
          hookTimeout: 10 * minutes,
          ...oneAfterAnother(1),
        },
      },
      {
        test: {
          name: 'real',
          include: ['test/real/**/*.test.ts'],
          globalSetup: ['test/support/local-environment.ts'],
          testTimeout: 10 * minutes,
          hookTimeout: 10 * minutes,
          ...oneAfterAnother(2),
        },
      },
      {
        test: {
          name: 'move',
          include: ['test/move/**/*.test.ts'],
          globalSetup: ['test/support/local-environment.ts'],
          testTimeout: 10 * minutes,
          hookTimeout: 10 * minutes,
          ...oneAfterAnother(3),
        },
      },
      {
        test: {
          name: 'large',
          include: ['test/large/**/*.test.ts'],
          globalSetup: ['test/support/local-environment.ts'],
          testTimeout: 60 * minutes,
          hookTimeout: 10 * minutes,
          ...oneAfterAnother(5),
        },
      },
    ],
  },
});
