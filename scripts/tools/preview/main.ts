import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { messageOf, UserError } from '../../contract/errors.ts';
import { pathWith } from '../toolchain/executables.ts';
import { recordingFolders, standInFolders } from '../toolchain/plugins.ts';
import { ensurePulumi } from '../toolchain/pulumi.ts';

/**
 * `npm run preview -- dev|prod [ARGUMENT of pulumi preview…]`: what a stack would make, from nothing, by the
 * real engine on plugins that record instead of calling AWS. Needs no account, and knows nothing of one: for
 * what an update would change in yours, `pulumi preview --stack prod`.
 */

const HELP = `Usage: npm run preview -- dev|prod [ARGUMENT of pulumi preview ...]

Shows what a stack would make from nothing. No AWS account is asked, and none is needed.
Example: npm run preview -- prod --diff`;

const project = path.resolve(import.meta.dirname, '../../..');
const STACKS = ['dev', 'prod'];

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof UserError ? error.message : messageOf(error));
  process.exitCode = error instanceof UserError ? error.exitCode : 70;
}

async function main([stack, ...args]: string[]): Promise<number> {
  if (stack === undefined || args.includes('--help') || ['-h', '--help'].includes(stack)) {
    console.log(HELP);
    return stack === undefined ? 2 : 0;
  }
  if (!STACKS.includes(stack)) {
    throw new UserError(
      `There is no stack "${stack}" to preview; there are: ${STACKS.join(', ')}. The local one runs: npm run local`,
      { exitCode: 2 },
    );
  }
  const { binDir } = await ensurePulumi({ log: (line) => console.error(line) });
  const folder = await mkdtemp(path.join(os.tmpdir(), 'storage-preview-'));
  try {
    return await preview(stack, args, folder, binDir);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A state of its own, which is thrown away: the checkout stays as it is. */
async function preview(stack: string, args: string[], folder: string, binDir: string): Promise<number> {
  await mkdir(path.join(folder, 'state'));
  const configFile = path.join(folder, `Pulumi.${stack}.yaml`);
  await copyFile(path.join(project, 'Pulumi.yaml'), path.join(folder, 'Pulumi.yaml'));
  await copyFile(path.join(project, `Pulumi.${stack}.yaml`), configFile);
  const env = {
    PATH: pathWith([binDir, ...standInFolders, ...recordingFolders]),
    PULUMI_HOME: path.join(folder, 'home'),
    PULUMI_BACKEND_URL: `file://${path.join(folder, 'state')}`,
    // Protects a state that lives for seconds and holds nothing.
    PULUMI_CONFIG_PASSPHRASE: 'preview',
    PULUMI_SKIP_UPDATE_CHECK: 'true',
    // The program and each plugin are a Node of their own that loads the same SDK.
    NODE_COMPILE_CACHE: path.join(project, 'node_modules/.cache/compiled'),
  };
  await execa('pulumi', ['stack', 'init', stack, '--non-interactive'], { cwd: folder, env });
  const { exitCode } = await execa(
    'pulumi',
    ['preview', '--stack', stack, '--config-file', configFile, ...args],
    { cwd: project, env, stdio: 'inherit', reject: false },
  );
  return exitCode ?? 1;
}
