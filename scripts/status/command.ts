import { setTimeout as sleep } from 'node:timers/promises';
import { defineCommand } from 'citty';
import { environmentArgument, environmentOf, stopSignal } from '../command-line.ts';
import { assertReachable, openLedger } from '../ledger/connect.ts';
import { readStatus, type Status } from './read.ts';
import { renderStatus } from './render.ts';

const WATCH_MILLISECONDS = 1000;
/** Clears the screen and goes to its top. */
const CLEAR = '\u001b[2J\u001b[H';

export default defineCommand({
  meta: {
    name: 'status',
    description: 'Where the move is and what the next phase still lacks. Example: migrate status --watch',
  },
  args: {
    ...environmentArgument,
    json: { type: 'boolean', default: false, description: 'print everything as one JSON document' },
    watch: { type: 'boolean', default: false, description: 'print it again every second, until Ctrl-C' },
  },
  async run({ args }) {
    const environment = await environmentOf(args);
    const ledger = openLedger(environment.ledger, { application: `migrate status (pid ${process.pid})` });
    const stop = stopSignal();
    try {
      await assertReachable(ledger);
      do {
        const status = await readStatus(environment, ledger);
        if (args.json) process.stdout.write(`${statusJson(status)}\n`);
        else
          process.stdout.write(
            `${args.watch && process.stdout.isTTY ? CLEAR : ''}${renderStatus(status, new Date())}\n`,
          );
        if (args.watch) await sleep(WATCH_MILLISECONDS, undefined, { signal: stop }).catch(() => undefined);
      } while (args.watch && !stop.aborted);
    } finally {
      await ledger.end();
    }
  },
});

/** One line; 64-bit numbers as text. */
function statusJson(status: Status): string {
  return JSON.stringify(status, (_key, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value,
  );
}
