import { access } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { messageOf } from '../../contract/errors.ts';
import { findExecutable, pathWith } from './executables.ts';
import { runInstaller } from './installer.mjs';
import { isReachable } from './pulumi-download.ts';

/**
 * The provider plugins that a run on one machine needs, and the folder of each stand-in. `aws` and
 * `kubernetes` are for the stacks in the cloud: there the engine downloads the real ones, and nothing takes
 * their place.
 */
const PLUGINS = [{ name: 'command', version: '1.2.1', standIn: '../stand-ins/command/bin' }];

/** The folders of all stand-ins. On PATH they come before real plugins: for tests of the stand-ins alone. */
export const standInFolders: readonly string[] = PLUGINS.map(({ standIn }) =>
  path.join(import.meta.dirname, standIn),
);

/**
 * The folders of the plugins that record what a program wants of AWS and Kubernetes instead of making it. For
 * tests, and for `npm run preview`, whose state is thrown away: nothing else has them on PATH.
 */
export const recordingFolders: readonly string[] = ['aws', 'kubernetes'].map((name) =>
  path.join(import.meta.dirname, '../stand-ins', name, 'bin'),
);

/** Enough for the 20 MB of one on a slow line. */
const INSTALL_SECONDS = 120;

/**
 * Sees to it that the engine finds its provider plugins: installs the real ones where they can be
 * downloaded. Returns the folders to put on PATH for those that cannot.
 * @param pulumiHome the engine's folder (PULUMI_HOME)
 */
export async function ensurePlugins(options: {
  pulumiBinDir: string;
  pulumiHome?: string;
  log: (line: string) => void;
}): Promise<string[]> {
  const home = options.pulumiHome ?? process.env['PULUMI_HOME'] ?? path.join(os.homedir(), '.pulumi');
  const standIns: string[] = [];
  for (const plugin of PLUGINS) {
    const standIn = path.join(import.meta.dirname, plugin.standIn);
    if (!(await isInstalled(home, plugin, standIn))) {
      const reason = await install(plugin, { ...options, home });
      if (reason !== null) {
        options.log(
          `The Pulumi plugin ${plugin.name} ${plugin.version} cannot be downloaded (${reason}): a stand-in takes its place.`,
        );
        standIns.push(standIn);
      }
    }
  }
  return standIns;
}

type Plugin = (typeof PLUGINS)[number];

async function isInstalled(home: string, { name, version }: Plugin, standIn: string): Promise<boolean> {
  const folder = path.join(home, 'plugins', `resource-${name}-v${version}`);
  const exists = (file: string) =>
    access(file).then(
      () => true,
      () => false,
    );
  // The engine leaves the `.partial` beside an install that was cut short.
  if ((await exists(path.join(folder, `pulumi-resource-${name}`))) && !(await exists(`${folder}.partial`))) {
    return true;
  }
  const onPath = await findExecutable(`pulumi-resource-${name}`);
  return onPath !== null && path.dirname(onPath) !== standIn;
}

/** Returns why it could not be installed, or null when it was. */
async function install(
  { name, version }: Plugin,
  { home, pulumiBinDir, log }: { home: string; pulumiBinDir: string; log: (line: string) => void },
): Promise<string | null> {
  try {
    await isReachable();
    log(`Downloading the Pulumi plugin ${name} ${version}.`);
    await runInstaller(
      'timeout',
      [String(INSTALL_SECONDS), 'pulumi', 'plugin', 'install', 'resource', name, version],
      {
        variables: { PULUMI_HOME: home, PULUMI_SKIP_UPDATE_CHECK: 'true', PATH: pathWith([pulumiBinDir]) },
      },
    );
    return null;
  } catch (error) {
    return messageOf(error);
  }
}
