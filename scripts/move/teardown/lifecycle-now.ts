import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import type { Environment } from '../../contract/environment.ts';
import { messageOf, UserError } from '../../contract/errors.ts';
import { withControl } from '../common/source-control.ts';
import { sourceIsEmpty } from './empty.ts';
import { EXPIRY_RULES } from './rules.ts';

/**
 * Has an RGW expire the source buckets now instead of at night. Only for rehearsals: the source on AWS
 * is emptied by AWS, in its own time.
 *
 * Measured with 16.2.15: a day must count as a second (`rgw_lc_debug_interval`, set for this one command
 * alone), or non-current versions and uploads would wait for a day. A run makes delete markers of the
 * current objects, removes what is non-current and aborts uploads; the second removes the markers. An
 * unversioned bucket is empty after one. And each run takes up only the *first* bucket of each of the 32
 * shards in which RGW keeps its lifecycle list, whatever it did to that bucket before: a bucket behind
 * another one starves until the other leaves the list. So rules are taken out of a bucket once it is
 * empty; writes to it are still denied.
 *
 * @throws UserError exit 1 where the buckets are not empty after `options.runs` (default 12)
 */
export async function runLifecycleNow(
  environment: Environment,
  options: { runs?: number; say?: (line: string) => void } = {},
): Promise<void> {
  const command = environment.lifecycleNow;
  if (command === undefined || environment.name !== 'local') {
    throw new UserError('Lifecycle can be run at will only on the local RGW; elsewhere the store runs it');
  }
  const say = options.say ?? (() => undefined);
  const runs = options.runs ?? 12;
  for (let run = 1; ; run += 1) {
    const left = await sourceIsEmpty(environment);
    if (left.length === 0) return;
    if (run > runs) {
      throw new UserError(`After ${runs} runs of lifecycle:\n  - ${left.join('\n  - ')}`, { exitCode: 1 });
    }
    say(`lifecycle run ${run}: ${left.join('; ')}`);
    await processLifecycle(command);
    await retireRulesOfEmpty(environment);
    // A version is non-current for a "day" only when the second in which it became so has passed.
    await sleep(1000);
  }
}

async function processLifecycle([program = '', ...words]: string[]): Promise<void> {
  try {
    await execa(program, words, { stdin: 'ignore', timeout: 300_000 });
  } catch (error) {
    throw new UserError(`${program} ${words.join(' ')} failed: ${messageOf(error)}`, {
      exitCode: 3,
      cause: error,
    });
  }
}

/**
 * An empty bucket makes room for the next one on RGW's list. The last one's rules stay: they go with the
 * teardown.
 */
async function retireRulesOfEmpty(environment: Environment): Promise<void> {
  const full = await Promise.all(
    environment.moves.map(
      async (move) => (await sourceIsEmpty({ ...environment, moves: [move] })).length > 0,
    ),
  );
  if (!full.includes(true)) return;
  const ids = EXPIRY_RULES.map((rule) => rule.id);
  await withControl(environment, async (control) => {
    for (const [index, { sourceBucket }] of environment.moves.entries()) {
      if (full[index] === false) await control.removeLifecycle(sourceBucket, ids);
    }
  });
}
