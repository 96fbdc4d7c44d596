import { defineCommand } from 'citty';
import { environmentArgument, environmentOf } from '../command-line.ts';
import type { Environment, Move } from '../environment.ts';
import { UserError } from '../errors.ts';
import { recordWaiver, type Certificate } from '../ledger/certificates.ts';
import { assertReachable, openLedger, type Pool } from '../ledger/connect.ts';
import { log } from '../log.ts';
import { keepHeapSmall } from '../memory.ts';
import { compareUpToNow } from '../phase/certify.ts';
import { reportProcess } from '../ledger/reports.ts';
import { certifyContainment } from '../teardown/certify.ts';
import { digestOfBucket } from './bucket-digest.ts';
import { takeContainmentCertificate } from './containment.ts';
import { recertify, takeBaseCertificate } from './parity.ts';
import { certificateJson, describeCertificate } from './report.ts';
import { moveOf, openPair } from './stores.ts';
import { orUnreachable } from './unreachable.ts';

type Kind = 'base' | 'touched' | 'containment';
const KINDS: Kind[] = ['base', 'touched', 'containment'];

const takeArguments = {
  ...environmentArgument,
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
} as const;

async function withLedger<T>(
  args: { environment?: string | undefined },
  work: (environment: Environment, ledger: Pool) => Promise<T>,
): Promise<T> {
  keepHeapSmall(30);
  const environment = await environmentOf(args);
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
  run: ({ args }) =>
    withLedger(args, async (environment, ledger) => {
      const moves = args.move === undefined ? environment.moves : [moveOf(environment, args.move)];
      for (const move of moves) {
        const certificate = await take(args.kind, environment, ledger, move, args.full);
        const shown = args.json ? certificateJson(certificate) : describeCertificate(certificate);
        process.stdout.write(`${shown}\n`);
        if (certificate.findings > 0) process.exitCode = 1;
      }
      await reportProcess(ledger, { owner: `verify-${args.kind}`, script: 'verify' });
    }),
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
      const findings = await certifyContainment(environment, ledger, say);
      for (const finding of findings) log.error(finding);
      if (findings.length > 0) process.exitCode = 1;
    }),
});

const waive = defineCommand({
  meta: {
    name: 'waive',
    description:
      'Names a key that may differ, with a reason and who says so. It is never expired on S3. Example: migrate verify waive --move images --key a/b.jpg --reason "SSE-C, owner keeps it" --by "J. Doe"',
  },
  args: {
    ...environmentArgument,
    move: { type: 'string', required: true, description: 'the move that the key belongs to' },
    key: { type: 'string', required: true, description: 'exactly this key' },
    reason: { type: 'string', required: true, description: 'why it may differ' },
    by: { type: 'string', required: true, description: 'the person who says so' },
  },
  run: ({ args }) =>
    withLedger(args, async (environment, ledger) => {
      const move = moveOf(environment, args.move).name;
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
    ...environmentArgument,
    move: { type: 'string', required: true, description: 'the move whose buckets are read' },
  },
  run: ({ args }) =>
    withLedger(args, async (environment) => {
      const pair = await openPair(environment, moveOf(environment, args.move));
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
  meta: { name: 'verify', description: 'Compares both sides and writes certificates' },
  // Named here too so that their values are not taken for the name of a sub-command.
  args: takeArguments,
  default: 'take',
  subCommands: { take: certify, job, waive, digest },
});
