import { rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { messageOf, UserError } from '../errors.ts';
import { isExecutable } from './executables.ts';
import { incomingFolder, toolchainFolder, withLock } from './folder.mjs';
import { checkGo, goBuild, type GoTool } from './go-build.ts';

const ACTIONLINT: GoTool = {
  module: 'actionlint',
  main: 'github.com/rhysd/actionlint/cmd/actionlint',
  version: '1.7.12',
  versionVariables: ['github.com/rhysd/actionlint.version'],
};
/** What go.mod asks for. */
const WANTED_GO = '1.25.11';
const BY_HAND = 'It checks .github/workflows; nothing else needs it.';

/**
 * The file of actionlint, built from its Go module (seconds, once). Always of this version: another one knows
 * other actions and says other things.
 *
 * Throws a UserError that says what is missing.
 */
export async function ensureActionlint({ log }: { log: (line: string) => void }): Promise<string> {
  const target = path.join(toolchainFolder(), `actionlint-${ACTIONLINT.version}`);
  const program = path.join(target, 'actionlint');
  if (await isExecutable(program)) return program;
  await withLock(`${target}.lock`, { what: 'it builds actionlint', log }, async (hold) => {
    if (await isExecutable(program)) return;
    await checkGo({ what: 'actionlint', wantedGo: WANTED_GO, byHand: BY_HAND });
    const incoming = incomingFolder(target);
    await goBuild(ACTIONLINT, path.join(incoming, 'actionlint'), { hold, log }).catch((error: unknown) => {
      throw new UserError(`actionlint cannot be built: ${messageOf(error)}\n${BY_HAND}`, {
        exitCode: 3,
        cause: error,
      });
    });
    await rm(target, { recursive: true, force: true });
    await rename(incoming, target);
  });
  return program;
}
