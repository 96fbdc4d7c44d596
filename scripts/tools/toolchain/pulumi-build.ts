import { chmod, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Writable } from 'node:stream';
import { messageOf, UserError } from '../../contract/errors.ts';
import { incomingFolder } from './folder.mjs';
import { checkGo, goBuild, type GoTool } from './go-build.ts';

/** The newest CLI whose Go modules are served. */
export const BUILT_VERSION = '3.259.0';
/** Today's host for Node programs is a module that is not served; this one works with that CLI. */
const HOST_VERSION = '3.68.0';

/** What go.mod asks for. */
const WANTED_GO = '1.25.11';

const BY_HAND =
  'Or install Pulumi 3.100 or newer by hand (https://www.pulumi.com/docs/install/) so that `pulumi` is on PATH.';

const versionVariables = ['github.com/pulumi/pulumi/sdk/v3/go/common/version.Version'];
const CLI: GoTool = {
  module: 'pulumi',
  main: 'github.com/pulumi/pulumi/pkg/v3/cmd/pulumi',
  version: BUILT_VERSION,
  versionVariables,
};
const HOST: GoTool = {
  module: 'pulumi-language-nodejs',
  main: 'github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs',
  version: HOST_VERSION,
  versionVariables,
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
  await checkGo({ what: 'Pulumi', wantedGo: WANTED_GO, byHand: BY_HAND });
  const incoming = incomingFolder(options.target);
  const [binDir, libexec] = [path.join(incoming, 'bin'), path.join(incoming, 'libexec')];
  await mkdir(binDir);
  await mkdir(libexec);
  try {
    await goBuild(HOST, path.join(libexec, 'pulumi-language-nodejs'), options);
    await goBuild(CLI, path.join(binDir, 'pulumi'), options);
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
