import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Command } from '@commander-js/extra-typings';
import { environmentOf } from '../command-line.ts';
import { stopSignal } from '../../platform/process.ts';
import { UserError } from '../../contract/errors.ts';
import { example } from '../example.ts';
import { assertReachable, openLedger } from '../../ledger/connect.ts';
import { addPending, countPending, listPending } from '../../ledger/pending.ts';
import { reportProcess } from '../../ledger/reports.ts';
import { log } from '../../contract/log.ts';
import { withEnvironment, type StoresOptions } from '../options.ts';
import { moveOf, openPair } from '../../move/common/pair.ts';
import { orUnreachable } from '../../move/common/unreachable.ts';
import { promote } from '../../move/promotion/promotion.ts';
import { startPendingService } from '../../move/promotion/service.ts';

const REPORT_MILLISECONDS = 5000;
const LISTED = 1000;

export default function pending(command: Command): void {
  command
    .description('The list of keys that are on S3 alone.')
    .addHelpText('after', example('migrate pending list'));

  withEnvironment(command.command('serve'))
    .description('Answers Nginx, and copies pending keys, until it is stopped.')
    .option(
      '--listen <URL>',
      "where to listen; default: the environment's own address of the service, which may be a name of many",
    )
    .addHelpText('after', example('migrate pending serve'))
    .action(serve);

  withEnvironment(command.command('add'))
    .description('Puts a key on the list, after a look that it is on S3 and not on Ceph.')
    .requiredOption('--move <NAME>', 'the move that the key belongs to')
    .requiredOption('--key <KEY>', 'exactly this key')
    .requiredOption('--reason <TEXT>', 'why it is on S3 alone')
    .addHelpText(
      'after',
      example('migrate pending add --move images --key a.jpg', '--reason "restored from Glacier"'),
    )
    .action(add);

  withEnvironment(command.command('list'))
    .description('Prints the keys that are on S3 alone.')
    .addHelpText('after', example('migrate pending list'))
    .action(list);
}

async function serve(options: StoresOptions & { listen?: string }): Promise<void> {
  const environment = await environmentOf(options);
  const owner = `pending-${hostname()}-${process.pid}-${randomUUID().slice(0, 8)}`;
  // Not asserted: while the ledger is away Nginx must hear 503 from us, not nothing.
  const ledger = openLedger(environment.ledger, { application: 'pending' });
  const stop = stopSignal();
  const report = () =>
    reportProcess(ledger, { owner, script: 'pending' }).catch(() => log.warn('the ledger is away'));
  const service = await startPendingService(environment, ledger, {
    owner,
    ...(options.listen !== undefined && { url: options.listen }),
  });
  const timer = setInterval(() => void report(), REPORT_MILLISECONDS);
  try {
    log.info({ url: service.url }, 'the pending list is served');
    // Another name than the service's: it waits for the copies' claims, which are not its own.
    await promote(environment, ledger, { owner: `${owner}-promotion`, stop });
  } finally {
    clearInterval(timer);
    await service.close();
    await report();
    await ledger.end();
  }
}

async function add(options: StoresOptions & { move: string; key: string; reason: string }): Promise<void> {
  const environment = await environmentOf(options);
  const move = moveOf(environment, options.move);
  const ledger = openLedger(environment.ledger);
  const pair = await openPair(environment, move);
  try {
    await assertReachable(ledger);
    const [source, target] = await orUnreachable('nothing was added', () =>
      Promise.all([
        pair.source.head(move.sourceBucket, options.key),
        pair.target.head(move.targetBucket, options.key),
      ]),
    );
    const key = JSON.stringify(options.key);
    if (source === null) throw new UserError(`${key} is not in ${move.sourceBucket}`, { exitCode: 1 });
    if (target !== null) throw new UserError(`${key} is in ${move.targetBucket} already`, { exitCode: 1 });
    for await (const version of pair.target.listVersions(move.targetBucket, { key: options.key })) {
      throw new UserError(
        `${key} was in ${move.targetBucket} and was deleted there at ${version.lastModified.toISOString()}: it would come back`,
        { exitCode: 1 },
      );
    }
    await addPending(ledger, move.name, [options.key], options.reason);
    process.stdout.write(`${key} of ${move.name} is pending\n`);
  } finally {
    await pair.close();
    await ledger.end();
  }
}

async function list(options: StoresOptions): Promise<void> {
  const environment = await environmentOf(options);
  const ledger = openLedger(environment.ledger);
  try {
    await assertReachable(ledger);
    const count = await countPending(ledger);
    process.stdout.write(`${count} keys are on S3 alone\n`);
    for (const { move, key } of await listPending(ledger, LISTED)) {
      process.stdout.write(`  ${move}  ${JSON.stringify(key)}\n`);
    }
    if (count > LISTED) process.stdout.write(`  … and ${count - LISTED} more\n`);
  } finally {
    await ledger.end();
  }
}
