import { Option, type Command } from '@commander-js/extra-typings';
import { environmentOf } from '../command-line.ts';
import type { Environment, Move } from '../../contract/environment.ts';
import { UserError } from '../../contract/errors.ts';
import { example, ON_TWO_STORES } from '../example.ts';
import { recordWaiver } from '../../ledger/certificates.ts';
import { assertReachable, openLedger } from '../../ledger/connect.ts';
import type { Pool } from '../../ledger/database.ts';
import { log } from '../../contract/log.ts';
import { keepHeapSmall } from '../memory.ts';
import { withEnvironment, withStores, type StoresOptions } from '../options.ts';
import { compareUpToNow } from '../../move/steps/certify.ts';
import { reportProcess } from '../../ledger/reports.ts';
import { prepareLedger } from '../standalone/ledger.ts';
import { assertStores } from '../standalone/reach.ts';
import { certifyContainment } from '../../move/teardown/certify.ts';
import { digestOfBucket } from '../../move/verify/bucket-digest.ts';
import { assertWritable, writeCertificate } from '../../move/verify/certificate-file.ts';
import { takeContainmentCertificate } from '../../move/verify/containment.ts';
import { recertify, takeBaseCertificate } from '../../move/verify/parity.ts';
import { runRecheck } from './recheck.ts';
import { certificateJson, describeCertificate } from '../../move/verify/report.ts';
import { moveOf, openPair } from '../../move/common/pair.ts';
import { PairMemory } from '../../move/common/pair-memory.ts';
import { orUnreachable } from '../../move/common/unreachable.ts';

const KINDS = ['base', 'touched', 'containment'] as const;
/** What the Job of a cluster does. `now`: brings the base certificates up to now. */
const JOB_KINDS = ['now', 'containment'] as const;

/** `verify`, and `verify take`. */
function addTake(command: Command): Command {
  withStores(command)
    .addOption(
      new Option(
        '--kind <KIND>',
        'base: all keys of both sides; touched: what changed since the last base certificate; containment: that nothing of S3 would be lost with it',
      )
        .choices(KINDS)
        .default('base'),
    )
    .option('--move <NAME>', 'only this move; default: all')
    .option(
      '--full',
      'also read the bytes of both sides of every object; default: only where the ETags cannot tell (encrypted with ' +
        'keys of KMS, unknown parts), and of these once: the ledger remembers what was proven',
    )
    .option('--json', 'print the certificates as JSON')
    .option(
      '--out <FILE>',
      'also write the certificate to a file, which anybody can check again who may read the stores',
    )
    .addOption(
      new Option(
        '--certificate <FILE>',
        'take none, but hold the stores against this one: exit code 0 when they are as they were then',
      ).conflicts('out'),
    )
    .addHelpText(
      'after',
      `${example('migrate verify --out photos.json', ...ON_TWO_STORES)}\n  migrate verify --certificate photos.json`,
    )
    .action(certify);
  return command;
}

export default function verify(command: Command): void {
  addTake(command).description('Compares both sides and writes certificates.').allowExcessArguments();

  addTake(command.command('take')).description(
    'Compares both sides and records a certificate. Exit codes: 0 clean, 1 findings, 3 a store or the ledger could not be reached.',
  );

  withEnvironment(command.command('job'))
    .description(
      'The comparison that a phase needs, of all moves, as the Job of a cluster runs it. Exit codes: 0 clean, 1 findings.',
    )
    .addOption(
      new Option(
        '--kind <KIND>',
        'now: bring the base certificates up to now; containment: that nothing would be lost with S3',
      )
        .choices(JOB_KINDS)
        .default('now')
        .env('MIGRATE_VERIFY_KIND'),
    )
    .addHelpText('after', example('migrate verify job --kind now'))
    .action(job);

  withStores(command.command('waive'))
    .description('Names a key that may differ, with a reason and who says so. It is never expired on S3.')
    .option('--move <NAME>', 'the move that the key belongs to; needed where there are several')
    .requiredOption('--key <KEY>', 'exactly this key')
    .requiredOption('--reason <TEXT>', 'why it may differ')
    .requiredOption('--by <PERSON>', 'the person who says so')
    .addHelpText(
      'after',
      example(
        'migrate verify waive --move images --key a/b.jpg',
        '--reason "SSE-C, owner keeps it" --by "J. Doe"',
      ),
    )
    .action(waive);

  withStores(command.command('digest'))
    .description("Computes the digest of both sides alone, to hold against a certificate's.")
    .option('--move <NAME>', 'the move whose buckets are read; needed where there are several')
    .addHelpText('after', example('migrate verify digest --move images'))
    .action(digest);
}

type TakeOptions = StoresOptions & {
  kind: (typeof KINDS)[number];
  move?: string;
  full?: boolean;
  json?: boolean;
  out?: string;
  certificate?: string;
};

async function certify({ json = false, out, ...options }: TakeOptions): Promise<void> {
  const { certificate, full = false } = options;
  if (certificate !== undefined) return runRecheck({ ...options, certificate, json });
  if (out !== undefined) await assertWritable(out);
  const say = (line: string) => void (json || process.stderr.write(`${line}\n`));
  await withVerifyLedger(options, async (environment, ledger) => {
    const moves = options.move === undefined ? environment.moves : [moveOf(environment, options.move)];
    if (out !== undefined && moves.length > 1) {
      const names = moves.map(({ name }) => name).join(', ');
      throw new UserError(`--out is one file, and there are the moves ${names}: say which with --move`);
    }
    for (const move of moves) {
      const progress = (keys: number) => say(`${move.name}: ${keys} keys compared`);
      const taken = await TAKE[options.kind](environment, ledger, move, { full, progress });
      process.stdout.write(`${json ? certificateJson(taken) : describeCertificate(taken)}\n`);
      if (out !== undefined) await writeCertificate(out, environment, move, taken);
      if (taken.findings > 0) process.exitCode = 1;
    }
    await reportProcess(ledger, { owner: `verify-${options.kind}`, script: 'verify' });
  });
}

const TAKE = {
  base: takeBaseCertificate,
  touched: recertify,
  containment: takeContainmentCertificate,
};

function job({ kind, ...options }: StoresOptions & { kind: (typeof JOB_KINDS)[number] }): Promise<void> {
  return withVerifyLedger(options, async (environment, ledger) => {
    const say = (line: string) => log.info(line);
    if (kind === 'now') {
      await compareUpToNow({ environment, ledger, say }, { listings: 'once' });
      return;
    }
    const findings = await certifyContainment(environment, ledger, say, takeContainmentCertificate);
    for (const finding of findings) log.error(finding);
    if (findings.length > 0) process.exitCode = 1;
  });
}

type WaiveOptions = StoresOptions & { move?: string; key: string; reason: string; by: string };

function waive({ key, reason, by, ...options }: WaiveOptions): Promise<void> {
  return withVerifyLedger(options, async (environment, ledger) => {
    const move = onlyMove(environment, options.move).name;
    for (const [name, text] of Object.entries({ key, reason, by })) {
      if (text.trim() === '')
        throw new UserError(`--${name} is empty: a waiver names key, reason and person`);
    }
    await recordWaiver(ledger, { move, key, reason, namedBy: by });
    process.stdout.write(`waived ${JSON.stringify(key)} of ${move}\n`);
  });
}

function digest(options: StoresOptions & { move?: string }): Promise<void> {
  return withVerifyLedger(options, async (environment, ledger) => {
    const pair = await openPair(environment, onlyMove(environment, options.move));
    try {
      const source = await digestOfBucket(pair.source, pair.move.sourceBucket);
      const memory = new PairMemory(ledger, pair.move.name);
      const target = await digestOfBucket(pair.target, pair.move.targetBucket, memory);
      for (const [side, all] of Object.entries({ source, target })) {
        process.stdout.write(`${side}  ${all.digest}  ${all.objects} objects  ${all.bytes} bytes\n`);
      }
      if (source.digest !== target.digest) process.exitCode = 1;
    } finally {
      await pair.close();
    }
  });
}

/** The move that was named, or the only one. */
function onlyMove(environment: Environment, name: string | undefined): Move {
  const [first, second] = environment.moves;
  if (name === undefined && first !== undefined && second === undefined) return first;
  return moveOf(environment, name ?? '');
}

async function withVerifyLedger<T>(
  options: StoresOptions,
  work: (environment: Environment, ledger: Pool) => Promise<T>,
): Promise<T> {
  keepHeapSmall(30);
  const environment = await environmentOf(options);
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
