import { defineCommand } from 'citty';
import {
  environmentArgument,
  environmentOf,
  storesArguments,
  type EnvironmentOptions,
} from '../command-line.ts';
import type { Environment, Move } from '../../contract/environment.ts';
import { UserError } from '../../contract/errors.ts';
import { recordWaiver, type Certificate } from '../../ledger/certificates.ts';
import { assertReachable, openLedger, type Pool } from '../../ledger/connect.ts';
import { log } from '../../contract/log.ts';
import { keepHeapSmall } from '../memory.ts';
import { compareUpToNow } from '../../move/steps/certify.ts';
import { reportProcess } from '../../ledger/reports.ts';
import { prepareLedger } from '../standalone/ledger.ts';
import { assertStores } from '../standalone/reach.ts';
import { certifyContainment } from '../../move/teardown/certify.ts';
import { digestOfBucket } from '../../move/verify/bucket-digest.ts';
import { writeCertificate } from '../../move/verify/certificate-file.ts';
import { takeContainmentCertificate } from '../../move/verify/containment.ts';
import { recertify, takeBaseCertificate } from '../../move/verify/parity.ts';
import { runRecheck } from './recheck.ts';
import { certificateJson, describeCertificate } from '../../move/verify/report.ts';
import { moveOf, openPair } from '../../move/common/pair.ts';
import { orUnreachable } from '../../move/common/unreachable.ts';

type Kind = 'base' | 'touched' | 'containment';
const KINDS: Kind[] = ['base', 'touched', 'containment'];

const takeArguments = {
  ...storesArguments,
  kind: {
    type: 'enum',
    options: KINDS,
    default: 'base',
    description:
      'base: all keys of both sides · touched: what changed since the last base certificate · containment: that nothing of S3 would be lost with it',
  },
  move: { type: 'string', description: 'only this move; default: all', valueHint: 'NAME' },
  full: { type: 'boolean', default: false, description: 'also read the bytes of both sides' },
  json: { type: 'boolean', default: false, description: 'print the certificates as JSON' },
  out: {
    type: 'string',
    valueHint: 'FILE',
    description:
      'also write the certificate to a file, which anybody can check again who may read the stores',
  },
  certificate: {
    type: 'string',
    valueHint: 'FILE',
    description:
      'take none, but hold the stores against this one: exit code 0 when they are as they were then',
  },
} as const;

async function withLedger<T>(
  args: EnvironmentOptions,
  work: (environment: Environment, ledger: Pool) => Promise<T>,
): Promise<T> {
  keepHeapSmall(30);
  const environment = await environmentOf(args);
  if (environment.name === 'standalone') {
    await assertStores(environment);
    await prepareLedger(environment);
  }
  const ledger = openLedger(environment.ledger, { application: `migrate verify (pid ${process.pid})` });
  try {
    await assertReachable(ledger);
    return await orUnreachable('nothing was certified', () => work(environment, ledger));
  } finally {
    await ledger.end();
  }
}

function take(
  kind: Kind,
  environment: Environment,
  ledger: Pool,
  move: Move,
  full: boolean,
): Promise<Certificate> {
  const progress = (keys: number) => process.stderr.write(`${move.name}: ${keys} keys compared\n`);
  switch (kind) {
    case 'base':
      return takeBaseCertificate(environment, ledger, move, { full, progress });
    case 'touched':
      return recertify(environment, ledger, move, { full, progress });
    case 'containment':
      return takeContainmentCertificate(environment, ledger, move, { full, progress });
  }
}

const certify = defineCommand({
  meta: {
    name: 'take',
    description:
      'Compares both sides and records a certificate. Exit codes: 0 clean, 1 findings, 3 a store or the ledger could not be reached. Example: migrate verify --kind base --move images',
  },
  args: takeArguments,
  async run({ args }) {
    const { certificate } = args;
    if (certificate !== undefined) {
      if (args.out !== undefined)
        throw new UserError('--certificate takes no new one, so that --out has nothing to write');
      return runRecheck({ ...args, certificate });
    }
    await withLedger(args, async (environment, ledger) => {
      const moves = args.move === undefined ? environment.moves : [moveOf(environment, args.move)];
      if (args.out !== undefined && moves.length > 1) {
        const names = moves.map(({ name }) => name).join(', ');
        throw new UserError(`--out is one file, and there are the moves ${names}: say which with --move`);
      }
      for (const move of moves) {
        const taken = await take(args.kind, environment, ledger, move, args.full);
        process.stdout.write(`${args.json ? certificateJson(taken) : describeCertificate(taken)}\n`);
        if (args.out !== undefined) await writeCertificate(args.out, environment, move, taken);
        if (taken.findings > 0) process.exitCode = 1;
      }
      await reportProcess(ledger, { owner: `verify-${args.kind}`, script: 'verify' });
    });
  },
});

/** What the Job of a cluster does. `now`: brings the base certificates up to now. */
const JOB_KINDS = ['now', 'containment'] as const;

const job = defineCommand({
  meta: {
    name: 'job',
    description:
      'The comparison that a phase needs, of all moves, as the Job of a cluster runs it. Exit codes: 0 clean, 1 findings. Example: migrate verify job --kind now',
  },
  args: {
    ...environmentArgument,
    kind: {
      type: 'enum',
      options: [...JOB_KINDS],
      default: process.env['MIGRATE_VERIFY_KIND'] ?? 'now',
      description:
        'now: bring the base certificates up to now · containment: that nothing would be lost with S3; default: the variable MIGRATE_VERIFY_KIND',
    },
  },
  run: ({ args }) =>
    withLedger(args, async (environment, ledger) => {
      const say = (line: string) => log.info(line);
      if (args.kind === 'now') {
        await compareUpToNow({ environment, ledger, say }, { listings: 'once' });
        return;
      }
      const findings = await certifyContainment(environment, ledger, say, takeContainmentCertificate);
      for (const finding of findings) log.error(finding);
      if (findings.length > 0) process.exitCode = 1;
    }),
});

/** The move that was named, or the only one. */
function onlyMove(environment: Environment, name: string | undefined): Move {
  const [first, second] = environment.moves;
  if (name === undefined && first !== undefined && second === undefined) return first;
  return moveOf(environment, name ?? '');
}

const waive = defineCommand({
  meta: {
    name: 'waive',
    description:
      'Names a key that may differ, with a reason and who says so. It is never expired on S3. Example: migrate verify waive --move images --key a/b.jpg --reason "SSE-C, owner keeps it" --by "J. Doe"',
  },
  args: {
    ...storesArguments,
    move: {
      type: 'string',
      description: 'the move that the key belongs to; needed where there are several',
      valueHint: 'NAME',
    },
    key: { type: 'string', required: true, description: 'exactly this key' },
    reason: { type: 'string', required: true, description: 'why it may differ' },
    by: { type: 'string', required: true, description: 'the person who says so' },
  },
  run: ({ args }) =>
    withLedger(args, async (environment, ledger) => {
      const move = onlyMove(environment, args.move).name;
      for (const name of ['key', 'reason', 'by'] as const) {
        if (args[name].trim() === '')
          throw new UserError(`--${name} is empty: a waiver names key, reason and person`);
      }
      await recordWaiver(ledger, { move, key: args.key, reason: args.reason, namedBy: args.by });
      process.stdout.write(`waived ${JSON.stringify(args.key)} of ${move}\n`);
    }),
});

const digest = defineCommand({
  meta: {
    name: 'digest',
    description:
      "Computes the digest of both sides alone, to hold against a certificate's. Example: migrate verify digest --move images",
  },
  args: {
    ...storesArguments,
    move: {
      type: 'string',
      description: 'the move whose buckets are read; needed where there are several',
      valueHint: 'NAME',
    },
  },
  run: ({ args }) =>
    withLedger(args, async (environment) => {
      const pair = await openPair(environment, onlyMove(environment, args.move));
      try {
        const source = await digestOfBucket(pair.source, pair.move.sourceBucket);
        const target = await digestOfBucket(pair.target, pair.move.targetBucket);
        for (const [side, all] of Object.entries({ source, target })) {
          process.stdout.write(`${side}  ${all.digest}  ${all.objects} objects  ${all.bytes} bytes\n`);
        }
        if (source.digest !== target.digest) process.exitCode = 1;
      } finally {
        await pair.close();
      }
    }),
});

export default defineCommand({
  meta: {
    name: 'verify',
    description:
      'Compares both sides and writes certificates. ' +
      'Example: migrate verify --source s3://photos --source-profile old --target s3://photos --target-profile new --out photos.json; later: migrate verify --certificate photos.json',
  },
  // Named here too so that their values are not taken for the name of a sub-command.
  args: takeArguments,
  default: 'take',
  subCommands: { take: certify, job, waive, digest },
});
