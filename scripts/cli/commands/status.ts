import { setTimeout as sleep } from 'node:timers/promises';
import { defineCommand } from 'citty';
import { environmentOf, isStandalone, storesArguments } from '../command-line.ts';
import { stopSignal } from '../../platform/process.ts';
import { openLedger } from '../../ledger/connect.ts';
import { prepareLedger } from '../standalone/ledger.ts';
import { readStandaloneStatus, renderStandaloneStatus, standaloneStatusJson } from '../standalone/status.ts';
import { runStepCommand } from '../step-command.ts';

const WATCH_MILLISECONDS = 1000;
/** Clears the screen and goes to its top. */
const CLEAR = '\u001b[2J\u001b[H';

type StatusOptions = Parameters<typeof environmentOf>[0] & { json: boolean };

async function show(args: StatusOptions): Promise<void> {
  if (!isStandalone(args)) return runStepCommand(args, { action: 'status', json: args.json });
  const environment = await environmentOf(args);
  await prepareLedger(environment);
  const ledger = openLedger(environment.ledger);
  try {
    const status = await readStandaloneStatus(environment, ledger);
    process.stdout.write(`${args.json ? standaloneStatusJson(status) : renderStandaloneStatus(status)}\n`);
  } finally {
    await ledger.end();
  }
}

export default defineCommand({
  meta: {
    name: 'status',
    description:
      'Where the move is and what the next phase still lacks; of two stores of a command line, how far they are. Example: migrate status --watch',
  },
  args: {
    ...storesArguments,
    json: { type: 'boolean', default: false, description: 'print everything as one JSON document' },
    watch: { type: 'boolean', default: false, description: 'print it again every second, until Ctrl-C' },
  },
  async run({ args }) {
    if (!args.watch) return show(args);
    const stop = stopSignal();
    while (!stop.aborted) {
      if (process.stdout.isTTY && !args.json) process.stdout.write(CLEAR);
      await show(args);
      await sleep(WATCH_MILLISECONDS, undefined, { signal: stop }).catch(() => undefined);
    }
  },
});
