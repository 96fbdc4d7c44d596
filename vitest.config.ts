import { defineConfig } from 'vitest/config';

const minutes = 60_000;

/** What only one of a time may use: the engine's stacks are their own, the local environment is shared. */
const oneAfterAnother = { fileParallelism: false, maxWorkers: 1 };

export default defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', include: ['test/unit/**/*.test.ts'], testTimeout: 20_000 } },
      {
        test: {
          name: 'engine',
          include: ['test/engine/**/*.test.ts'],
          testTimeout: 3 * minutes,
          hookTimeout: 10 * minutes,
          ...oneAfterAnother,
        },
      },
      {
        test: {
          name: 'real',
          include: ['test/real/**/*.test.ts'],
          globalSetup: ['test/support/local-environment.ts'],
          testTimeout: 10 * minutes,
          hookTimeout: 10 * minutes,
          ...oneAfterAnother,
        },
      },
      {
        test: {
          name: 'move',
          include: ['test/move/**/*.test.ts'],
          globalSetup: ['test/support/local-environment.ts'],
          testTimeout: 10 * minutes,
          hookTimeout: 10 * minutes,
          ...oneAfterAnother,
        },
      },
    ],
  },
});
