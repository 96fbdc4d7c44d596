import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from '@commander-js/extra-typings';
import { environmentOf } from '../command-line.ts';
import { stopSignal } from '../../platform/process.ts';
import { example } from '../example.ts';
import { openLedger } from '../../ledger/connect.ts';
import { isStandalone, withStores, type StoresOptions } from '../options.ts';
import { prepareLedger } from '../standalone/ledger.ts';
import { readStandaloneStatus, renderStandaloneStatus, standaloneStatusJson } from '../standalone/status.ts';
import { runStepCommand } from '../step-command.ts';

const WATCH_MILLISECONDS = 1000;
/** Clears the screen and goes to its top. */
const CLEAR = '\u001b[2J\u001b[H';

export default function status(command: Command): void {
  withStores(command)
    .description(
      'Where the move is and what the next phase still lacks; of two stores of a command line, how far they are.',
    )
    .option('--json', 'print everything as one JSON document')
    .option('--watch', 'print it again every second, until Ctrl-C')
    .addHelpText('after', example('migrate status --watch'))
    .action(async (options) => {
      if (options.watch !== true) return show(options);
      const stop = stopSignal();
      while (!stop.aborted) {
        if (process.stdout.isTTY && options.json !== true) process.stdout.write(CLEAR);
        await show(options);
        await sleep(WATCH_MILLISECONDS, undefined, { signal: stop }).catch(() => undefined);
      }
    });
}

async function show({ json = false, ...options }: StoresOptions & { json?: boolean }): Promise<void> {
  if (!isStandalone(options)) return runStepCommand(options, { action: 'status', json });
  const environment = await environmentOf(options);
  await prepareLedger(environment);
  const ledger = openLedger(environment.ledger);
  try {
    const found = await readStandaloneStatus(environment, ledger);
    process.stdout.write(`${json ? standaloneStatusJson(found) : renderStandaloneStatus(found)}\n`);
  } finally {
    await ledger.end();
  }
}
