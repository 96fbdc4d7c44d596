import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  export interface ProvidedContext {
    standingStacks: string;
  }
}

/** A folder for stacks that are up, for one run of vitest: see standing-stack.ts. */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'storage-standing-'));
  project.provide('standingStacks', folder);
  return () => rm(folder, { recursive: true, force: true });
}
