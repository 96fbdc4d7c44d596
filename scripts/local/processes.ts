import { readFile } from 'node:fs/promises';

/**
 * Whether a process lives and is what we think it is: the kernel reuses numbers, so the name of the program
 * counts too.
 */
export async function processIsAlive(pid: number, program: string): Promise<boolean> {
  const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  // A process that has ended and was not waited for has an empty command line.
  return commandLine.split('\0').some((word) => word.includes(program));
}
