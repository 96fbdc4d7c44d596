import path from 'node:path';
import { parseArgs } from 'node:util';
import { messageOf, UserError } from '../scripts/contract/errors.ts';
import { ensureRclone, ensureS5cmd } from '../scripts/tools/toolchain/peers.ts';
import type { Bench } from './bench.ts';
import { copyMultipart } from './cases/copy-multipart.ts';
import { copySmall } from './cases/copy-small.ts';
import { merge } from './cases/merge.ts';
import { replay } from './cases/replay.ts';
import { resync } from './cases/resync.ts';
import { buildMigrate } from './peers.ts';
import { asText, type Result } from './result.ts';
import { RESULTS, writeResult } from './results-page.ts';
import { Stand } from './stand.ts';

const CASES: Readonly<Record<string, (bench: Bench) => Promise<Result>>> = {
  'copy-small': copySmall,
  'copy-multipart': copyMultipart,
  resync,
  merge,
  replay,
};

const HELP = `npm run bench -- [--only CASE,…] [--rounds N] [--scale X] [--keep]

Measures the migration beside its peers, in turn, on two Ceph clusters of this machine. What was measured at
full size replaces its section of bench/RESULTS.md.

  --only CASE,…  ${Object.keys(CASES).join(', ')}; default: all
  --rounds N     counted rounds after one that is not; default 5
  --scale X      a part of the work, to see whether everything runs; default 1
  --keep         leaves the clusters up, for the next run`;

const log = (line: string) => console.log(line);

try {
  const { only, rounds, scale, keep, help } = options();
  if (help) log(HELP);
  else await bench({ only, rounds, scale, keep });
} catch (error) {
  console.error(error instanceof UserError ? error.message : error);
  process.exitCode = error instanceof UserError ? error.exitCode : 1;
}

type Options = { only: string[]; rounds: number; scale: number; keep: boolean };

function options(): Options & { help: boolean } {
  try {
    const { values } = parseArgs({
      options: {
        only: { type: 'string' },
        rounds: { type: 'string', default: '5' },
        scale: { type: 'string', default: '1' },
        keep: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    const only = values.only?.split(',') ?? Object.keys(CASES);
    const [rounds, scale] = [Number(values.rounds), Number(values.scale)];
    const findings = [
      ...only.filter((name) => !(name in CASES)).map((name) => `there is no case "${name}"`),
      ...(Number.isInteger(rounds) && rounds > 0
        ? []
        : [`--rounds is "${values.rounds}", not a whole number above 0`]),
      ...(scale > 0 && scale <= 1 ? [] : [`--scale is "${values.scale}", not above 0 and at most 1`]),
    ];
    if (findings.length > 0) throw new Error(findings.join('\n'));
    return { only, rounds, scale, keep: values.keep, help: values.help };
  } catch (error) {
    throw new UserError(`${messageOf(error)}\n\n${HELP}`, { exitCode: 2 });
  }
}

async function bench({ only, rounds, scale, keep }: Options): Promise<void> {
  const tools = { rclone: await ensureRclone({ log }), s5cmd: await ensureS5cmd({ log }) };
  await buildMigrate();
  const stand = await Stand.open(log);
  try {
    for (const name of only) {
      log(`${name}:`);
      const result = await (CASES[name] as (typeof CASES)[string])({ stand, tools, rounds, scale, log });
      log(`${asText(result)}\n`);
      if (scale === 1) await writeResult(result, rounds);
    }
  } finally {
    await stand.close(keep);
  }
  if (scale === 1) log(`written: ${path.relative(process.cwd(), RESULTS)}`);
}
