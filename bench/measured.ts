import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { UserError } from '../scripts/contract/errors.ts';

/** What one run of a program took, as the kernel counted it. */
export type Usage = {
  seconds: number;
  /** Processor time of the program and its children, user and system. */
  cpuSeconds: number;
  /** Peak resident memory of the largest process. */
  peakMiB: number;
};

/**
 * Runs a program to its end under GNU time. Its output goes nowhere but into the error of a failure.
 *
 * @param options.folder where a scratch file may be written
 */
export async function measured(
  [command, ...args]: readonly [string, ...string[]],
  options: { folder: string; env?: Record<string, string | undefined> },
): Promise<Usage & { output: string }> {
  const file = path.join(options.folder, `time-${process.pid}-${Date.now()}`);
  const { exitCode, all } = await execa(
    '/usr/bin/time',
    ['--quiet', '-o', file, '-f', '%e %U %S %M', command, ...args],
    { all: true, reject: false, env: options.env ?? {}, maxBuffer: 8 * 1024 * 1024 },
  );
  if (exitCode !== 0) {
    throw new UserError(`${path.basename(command)} ended with ${exitCode}:\n${all.slice(-2000)}`);
  }
  const [seconds = NaN, user = NaN, system = NaN, kibibytes = NaN] = (await readFile(file, 'utf8'))
    .trim()
    .split(' ')
    .map(Number);
  await rm(file);
  return { seconds, cpuSeconds: user + system, peakMiB: kibibytes / 1024, output: all };
}
