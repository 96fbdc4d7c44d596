import type { Command } from '@commander-js/extra-typings';
import { environmentOf } from '../command-line.ts';
import { stopSignal } from '../../platform/process.ts';
import type { Environment } from '../../contract/environment.ts';
import { UserError } from '../../contract/errors.ts';
import { example, ON_TWO_STORES } from '../example.ts';
import { openLedger } from '../../ledger/connect.ts';
import { log } from '../../contract/log.ts';
import { keepHeapSmall } from '../memory.ts';
import { wholeNumber, withStores } from '../options.ts';
import { prepareLedger } from '../standalone/ledger.ts';
import { receiveEvents } from '../standalone/receive.ts';
import { assertStores } from '../standalone/reach.ts';
import { runReplay, type ReplayOptions, type ReplayResult } from '../../move/replay/worker.ts';

export default function replay(command: Command): void {
  withStores(command)
    .description(
      'Brings the changes of the operation log to the target. Ends when nothing is open; exit code 1 when keys keep failing (migrate failed names them).',
    )
    .option('--follow', 'go on with what comes, until it is stopped')
    .option(
      '--listen <URL>',
      "with --source and --follow: take the source's notifications (of RGW, MinIO) here and put them into the log",
    )
    .option('--concurrency <N>', 'keys at once', wholeNumber({ from: 1, to: 64 }), 8)
    .option('--json', 'print what was done as one JSON object')
    .addHelpText(
      'after',
      example('migrate replay --follow --listen http://0.0.0.0:8090/events', ...ON_TWO_STORES),
    )
    .action(async ({ follow = false, listen, concurrency, json = false, ...stores }) => {
      keepHeapSmall();
      const environment = await environmentOf(stores);
      if (environment.name === 'standalone') {
        await assertStores(environment);
        await prepareLedger(environment, { toWrite: true });
      }
      const options = { follow, concurrency, stop: stopSignal() };
      const { outcomes, failedKeys } =
        listen === undefined
          ? await runReplay(environment, options)
          : await replayReceived(environment, listen, options);
      const exitCode = failedKeys > 0 ? 1 : 0;
      const done = Object.entries(outcomes).map(([outcome, count]) => `${count} ${outcome}`);
      const text = `replayed: ${done.length === 0 ? 'nothing' : done.join(', ')}`;
      const summary = JSON.stringify({ type: 'summary', exitCode, outcomes, failedKeys });
      process.stdout.write(`${json ? summary : text}\n`);
      process.exitCode = exitCode;
      if (failedKeys > 0) {
        process.stderr.write(
          `${failedKeys} keys keep failing; migrate failed names them with the reason, migrate retry puts them back\n`,
        );
      }
    });
}

/** Receives and replays in one process, which is all that a ledger in a folder lets in. */
async function replayReceived(
  environment: Environment,
  listen: string,
  options: ReplayOptions,
): Promise<ReplayResult> {
  if (environment.name !== 'standalone' || !options.follow) {
    throw new UserError(
      "--listen goes with --follow and --source: a stack's notifications are taken by migrate capture",
    );
  }
  const ledger = openLedger(environment.ledger, { max: 4, application: 'receiver' });
  try {
    const receiver = await receiveEvents(environment, ledger, listen);
    log.info({ receiver: receiver.url }, 'listening for notifications');
    try {
      return await runReplay(environment, options);
    } finally {
      await receiver.close();
    }
  } finally {
    await ledger.end();
  }
}
