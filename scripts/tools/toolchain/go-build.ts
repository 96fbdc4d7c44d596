import path from 'node:path';
import type { Writable } from 'node:stream';
import { execa } from 'execa';
import { UserError } from '../../contract/errors.ts';
import { isAtLeast } from './executables.ts';
import { runInstaller } from './installer.mjs';

/** Since 1.21 Go fetches the newer toolchain that a module asks for. */
const LEAST_GO = '1.21';

/** A program that is built from its Go module. */
export type GoTool = {
  /** The folder of its go.mod, in `go/` beside this file. */
  module: string;
  /** The package of its `main`. */
  main: string;
  version: string;
  /** Variables of the program that carry its version. */
  versionVariables: readonly string[];
};

/** Builds a program into the file `output`, saying every 15 s how far it is. Throws Error with Go's output. */
export async function goBuild(
  tool: GoTool,
  output: string,
  { hold, log }: { hold: Writable; log: (line: string) => void },
): Promise<void> {
  const started = Date.now();
  let [fetched, compiled] = [0, 0];
  const seconds = () => Math.round((Date.now() - started) / 1000);
  const name = path.basename(output);
  log(`Building ${name} ${tool.version} from its Go module, once: a few minutes.`);
  const progress = setInterval(
    () => log(`  ${seconds()} s: ${fetched} modules fetched, ${compiled} packages compiled`),
    15_000,
  );
  try {
    const version = tool.versionVariables.map((variable) => `-X ${variable}=v${tool.version}`).join(' ');
    const folder = path.join(import.meta.dirname, 'go', tool.module);
    await runInstaller(
      'go',
      ['build', '-v', '-trimpath', '-mod=readonly', '-ldflags', `-s -w ${version}`, '-o', output, tool.main],
      {
        cwd: folder,
        hold,
        variables: { CGO_ENABLED: '0', GOFLAGS: '', GOWORK: 'off' },
        onLine: (line) => {
          if (line.startsWith('go: downloading')) {
            fetched++;
          } else {
            compiled++;
          }
        },
      },
    );
  } finally {
    clearInterval(progress);
  }
  log(`Built ${name} in ${seconds()} s.`);
}

/**
 * Throws a UserError (exit 3) where there is no Go that can build it.
 * @param options.what the program, for people
 * @param options.wantedGo what its go.mod asks for
 * @param options.byHand what to do instead
 */
export async function checkGo(options: { what: string; wantedGo: string; byHand: string }): Promise<void> {
  const { what, wantedGo, byHand } = options;
  const { stdout, failed } = await execa('go', ['env', 'GOVERSION', 'GOTOOLCHAIN'], {
    reject: false,
    cwd: '/',
  });
  const [version = '', toolchain = ''] = failed ? [] : stdout.split('\n');
  if (failed) {
    throw new UserError(
      `Building ${what} needs Go ${LEAST_GO} or newer (https://go.dev/dl/); there is none.\n${byHand}`,
      { exitCode: 3 },
    );
  }
  const least = toolchain === 'local' ? wantedGo : LEAST_GO;
  if (!isAtLeast(version, least)) {
    throw new UserError(
      `Building ${what} needs Go ${least} or newer (https://go.dev/dl/); ${version} is installed` +
        (toolchain === 'local' ? ' and GOTOOLCHAIN=local keeps it from fetching a newer one' : '') +
        `. Debian 12's own, 1.19, is too old.\n${byHand}`,
      { exitCode: 3 },
    );
  }
}
