import { chmod, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Writable } from 'node:stream';
import { execa } from 'execa';
import { messageOf, UserError } from '../errors.ts';
import { isAtLeast } from './executables.ts';
import { incomingFolder } from './folder.mjs';
import { runInstaller } from './installer.mjs';

/** The newest CLI whose Go modules are served. */
export const BUILT_VERSION = '3.259.0';
/** Today's host for Node programs is a module that is not served; this one works with that CLI. */
const HOST_VERSION = '3.68.0';

/** Since 1.21 Go fetches the newer toolchain that a module asks for. */
const LEAST_GO = '1.21';
/** What go.mod asks for. */
const WANTED_GO = '1.25.11';

const BY_HAND =
  'Or install Pulumi 3.100 or newer by hand (https://www.pulumi.com/docs/install/) so that `pulumi` is on PATH.';

type Tool = { module: string; main: string; version: string };
const CLI: Tool = {
  module: 'pulumi',
  main: 'github.com/pulumi/pulumi/pkg/v3/cmd/pulumi',
  version: BUILT_VERSION,
};
const HOST: Tool = {
  module: 'pulumi-language-nodejs',
  main: 'github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs',
  version: HOST_VERSION,
};

/**
 * That host does not get the runtime options of Pulumi.yaml, so it has to be told that TypeScript is not to
 * be compiled: Node runs it as it is.
 */
const HOST_WRAPPER = `#!/bin/sh
exec "$(dirname "$(readlink -f "$0")")/../libexec/pulumi-language-nodejs" -typescript=false "$@"
`;

/** Builds the Pulumi CLI and its Node host from Go modules into `target`/bin. Throws a UserError. */
export async function buildPulumi(options: {
  target: string;
  hold: Writable;
  log: (line: string) => void;
}): Promise<void> {
  await checkGo();
  const incoming = incomingFolder(options.target);
  const [binDir, libexec] = [path.join(incoming, 'bin'), path.join(incoming, 'libexec')];
  await mkdir(binDir);
  await mkdir(libexec);
  try {
    await build(HOST, path.join(libexec, 'pulumi-language-nodejs'), options);
    await build(CLI, path.join(binDir, 'pulumi'), options);
  } catch (error) {
    throw new UserError(`Pulumi cannot be built: ${messageOf(error)}\n${BY_HAND}`, {
      exitCode: 3,
      cause: error,
    });
  }
  const wrapper = path.join(binDir, 'pulumi-language-nodejs');
  await writeFile(wrapper, HOST_WRAPPER);
  await chmod(wrapper, 0o755);
  await rm(options.target, { recursive: true, force: true });
  await rename(incoming, options.target);
}

async function build(
  tool: Tool,
  output: string,
  { hold, log }: { hold: Writable; log: (line: string) => void },
): Promise<void> {
  const started = Date.now();
  let [fetched, compiled] = [0, 0];
  const seconds = () => Math.round((Date.now() - started) / 1000);
  log(`Building ${tool.module} ${tool.version} from its Go module, once: a few minutes.`);
  const progress = setInterval(
    () => log(`  ${seconds()} s: ${fetched} modules fetched, ${compiled} packages compiled`),
    15_000,
  );
  try {
    const version = `-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v${tool.version}`;
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
  log(`Built ${tool.module} in ${seconds()} s.`);
}

async function checkGo(): Promise<void> {
  const { stdout, failed } = await execa('go', ['env', 'GOVERSION', 'GOTOOLCHAIN'], {
    reject: false,
    cwd: '/',
  });
  const [version = '', toolchain = ''] = failed ? [] : stdout.split('\n');
  if (failed) {
    throw new UserError(
      `Building Pulumi needs Go ${LEAST_GO} or newer (https://go.dev/dl/); there is none.\n${BY_HAND}`,
      {
        exitCode: 3,
      },
    );
  }
  const least = toolchain === 'local' ? WANTED_GO : LEAST_GO;
  if (!isAtLeast(version, least)) {
    throw new UserError(
      `Building Pulumi needs Go ${least} or newer (https://go.dev/dl/); ${version} is installed` +
        (toolchain === 'local' ? ' and GOTOOLCHAIN=local keeps it from fetching a newer one' : '') +
        `. Debian 12's own, 1.19, is too old.\n${BY_HAND}`,
      { exitCode: 3 },
    );
  }
}
