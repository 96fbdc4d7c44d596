import { execa } from 'execa';
import { originConf } from '../../contract/nginx-origin.ts';
import type { Origin } from '../../contract/phases.ts';
import type { Environment } from '../../contract/environment.ts';
import { UserError } from '../../contract/errors.ts';
import { writeFileAtomic } from '../write-file.ts';

/**
 * Turns the cache tier to another origin, without a restart. Returns once every request that begins from
 * now on is served by it: the reload command confirms that, or each pod of the fleet.
 *
 * Throws UserError (exit 3) where Nginx did not take it up.
 */
export async function turnOrigin(environment: Environment, order: Origin, epoch: bigint): Promise<void> {
  const { turn } = environment.cacheTier;
  if (turn.kind === 'file') return turnByFile(turn, order, epoch);
  const { clusterApi } = await import('../kubernetes/cluster-api.ts');
  const { turnPods } = await import('./turn-pods.ts');
  return turnPods(clusterApi(environment), turn, { order, epoch });
}

async function turnByFile(
  { originFile, reload }: { originFile: string; reload: string[] },
  order: Origin,
  epoch: bigint,
): Promise<void> {
  await writeFileAtomic(originFile, originConf({ order, epoch }));
  // Even where the file was right: a run that was killed may have written it and not reloaded.
  const [program = '', ...words] = reload;
  const result = await execa(program, words, { reject: false, all: true });
  if (result.failed) {
    throw new UserError(`The cache tier did not take up its new origin (${order}): ${result.all}`, {
      exitCode: 3,
    });
  }
}
