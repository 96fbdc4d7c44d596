import path from 'node:path';
import { toolchainFolder } from './folder.mjs';
import { BUILT_VERSION } from './pulumi-build.ts';
import type { Pulumi } from './pulumi.ts';

const PACK = path.resolve(import.meta.dirname, '../../../infra/policy');
const RUNNER = path.join(import.meta.dirname, 'policy-runner');

/** What to give to `pulumi … --policy-pack`, and the folders that PATH needs for it. */
export type PolicyPackFolder = { folder: string; binDirs: string[] };

/**
 * The policy pack of this checkout for a CLI. The official CLI's host for Node programs runs `infra/policy`
 * as it is. The host that we build ourselves refuses policy packs: for it there is a folder that names a
 * runtime of our own, whose runner starts the same pack in the same way.
 */
export function policyPackFor(pulumi: Pick<Pulumi, 'binDir'>): PolicyPackFolder {
  const built = path.join(toolchainFolder(), `pulumi-${BUILT_VERSION}`, 'bin');
  return pulumi.binDir === built
    ? { folder: RUNNER, binDirs: [path.join(RUNNER, 'bin')] }
    : { folder: PACK, binDirs: [] };
}
