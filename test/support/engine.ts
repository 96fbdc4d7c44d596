import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { execa, type ResultPromise } from 'execa';
import { pathWith } from '../../scripts/tools/toolchain/executables.ts';
import { recordingFolders, standInFolders } from '../../scripts/tools/toolchain/plugins.ts';
import { ensurePulumi } from '../../scripts/tools/toolchain/pulumi.ts';

const root = path.resolve(import.meta.dirname, '../..');

/** What `pulumi` ended with. `output` is everything that it printed. */
export type EngineResult = { exitCode: number; output: string };

type EngineOptions = { cwd: string; env: Record<string, string>; all: true; reject: false };

/** A Pulumi project of its own in a temporary folder, with one stack `test`. */
export type EngineProject = {
  folder: string;
  /** What `pulumi` is run with. */
  env: Readonly<Record<string, string>>;
  /** Replaces the program: the TypeScript of index.ts. */
  program(source: string): Promise<void>;
  /** Runs `pulumi ARGUMENT…` on the stack. Does not throw when it fails. */
  pulumi(...args: string[]): Promise<EngineResult>;
  /** Starts `pulumi ARGUMENT…` and returns the process, which never rejects. */
  start(...args: string[]): ResultPromise<EngineOptions>;
  /** The stack's outputs, secrets shown. */
  outputs(): Promise<Record<string, unknown>>;
  remove(): Promise<void>;
};

/** Makes a project whose state is in files, with an engine folder of its own and the stand-in plugins. */
export async function engineProject(): Promise<EngineProject> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'storage-engine-'));
  const pulumiHome = path.join(folder, 'home');
  await mkdir(pulumiHome);
  await mkdir(path.join(folder, 'state'));
  // The stand-ins, also where the real plugins could be downloaded: they are what is tested.
  const { binDir } = await ensurePulumi({ log: () => {} });
  await symlink(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
  await writeFile(path.join(folder, 'package.json'), JSON.stringify({ name: 'test', type: 'module' }));
  await writeFile(
    path.join(folder, 'Pulumi.yaml'),
    'name: test\nmain: index.ts\nruntime:\n  name: nodejs\n  options:\n    typescript: false\n',
  );
  const env = {
    PATH: pathWith([binDir, ...standInFolders, ...recordingFolders]),
    PULUMI_BACKEND_URL: `file://${path.join(folder, 'state')}`,
    PULUMI_CONFIG_PASSPHRASE: 'test',
    PULUMI_HOME: pulumiHome,
    PULUMI_SKIP_UPDATE_CHECK: 'true',
  };
  const options: EngineOptions = { cwd: folder, env, all: true, reject: false };
  const start = (...args: string[]) =>
    execa('pulumi', [...args, '--non-interactive', '--stack=test'], options);
  const pulumi = async (...args: string[]) => {
    const { exitCode, all } = await start(...args);
    return { exitCode: exitCode ?? -1, output: all };
  };
  await execa('pulumi', ['stack', 'init', 'test', '--non-interactive'], { cwd: folder, env });
  return {
    folder,
    env,
    program: (source) => writeFile(path.join(folder, 'index.ts'), source),
    pulumi,
    start,
    outputs: async () => {
      const { output } = await pulumi('stack', 'output', '--json', '--show-secrets');
      return JSON.parse(output) as Record<string, unknown>;
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
