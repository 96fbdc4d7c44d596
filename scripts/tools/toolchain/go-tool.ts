import { rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { messageOf, UserError } from '../../contract/errors.ts';
import { isExecutable } from './executables.ts';
import { incomingFolder, toolchainFolder, withLock } from './folder.mjs';
import { checkGo, goBuild, type GoTool } from './go-build.ts';

/** A program that is one file, built from its Go module. */
export type GoProgram = GoTool & {
  /** What go.mod asks for. */
  wantedGo: string;
  /** Who needs it, for one who cannot build it: what else goes on without it. */
  byHand: string;
};

/**
 * The file of a Go program, built from its module once. Always of this version: another one says other things.
 *
 * @throws UserError that says what is missing
 */
export async function ensureGoProgram(
  program: GoProgram,
  { log }: { log: (line: string) => void },
): Promise<string> {
  const { module: name, version, wantedGo, byHand } = program;
  const target = path.join(toolchainFolder(), `${name}-${version}`);
  const file = path.join(target, name);
  if (await isExecutable(file)) return file;
  await withLock(`${target}.lock`, { what: `it builds ${name}`, log }, async (hold) => {
    if (await isExecutable(file)) return;
    await checkGo({ what: name, wantedGo, byHand });
    const incoming = incomingFolder(target);
    await goBuild(program, path.join(incoming, name), { hold, log }).catch((error: unknown) => {
      throw new UserError(`${name} cannot be built: ${messageOf(error)}\n${byHand}`, {
        exitCode: 3,
        cause: error,
      });
    });
    await rm(target, { recursive: true, force: true });
    await rename(incoming, target);
  });
  return file;
}
