import { cp, mkdtemp, readFile, rename, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { inject } from 'vitest';
import { withLock } from '../../scripts/tools/toolchain/folder.mjs';
import { awsStack, openStack, type AwsStack } from './aws-stack.ts';
import type { AwsCall } from './aws-endpoint.ts';

/** What the update that made a stack from nothing printed, called and pulled. */
export type FirstUpdate = { output: string; calls: AwsCall[]; images: string[] };

/**
 * The stack as it is after its first update, which is run once for all files of a run of vitest: the
 * caller gets a copy to go its own way with.
 */
export async function standingStack(stack: 'dev' | 'prod'): Promise<AwsStack> {
  const kept = path.join(inject('standingStacks'), stack);
  // Files run side by side: the first to need it makes it, the others wait.
  await withLock(`${kept}.lock`, { what: `it makes ${stack}`, log: () => {} }, async () => {
    if (!existsSync(kept)) await standUp(stack, kept);
  });
  const copy = await mkdtemp(path.join(os.tmpdir(), `storage-${stack}-`));
  await cp(kept, copy, { recursive: true });
  return openStack(stack, copy);
}

/** Of the stack that `standingStack` gives copies of. */
export async function firstUpdate(stack: 'dev' | 'prod'): Promise<FirstUpdate> {
  return JSON.parse(await readFile(fileOf(stack), 'utf8')) as FirstUpdate;
}

async function standUp(stack: 'dev' | 'prod', kept: string): Promise<void> {
  const first = await awsStack(stack);
  try {
    const output = await first.up();
    const update: FirstUpdate = { output, calls: first.calls, images: first.images };
    await writeFile(fileOf(stack), JSON.stringify(update));
    await cp(first.folder, `${kept}.partial`, { recursive: true });
    await rename(`${kept}.partial`, kept);
  } finally {
    await first.remove();
  }
}

function fileOf(stack: string): string {
  return path.join(inject('standingStacks'), `${stack}-first-update.json`);
}
