import { setTimeout as sleep } from 'node:timers/promises';
import { defineCommand } from 'citty';
import { environmentArgument, stopSignal } from '../command-line.ts';
import { runStepCommand } from '../steps/run.ts';

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
    const request = { action: 'status', json: args.json } as const;
    if (!args.watch) return runStepCommand(args, request);
    const stop = stopSignal();
    while (!stop.aborted) {
      if (process.stdout.isTTY && !args.json) process.stdout.write(CLEAR);
      await runStepCommand(args, request);
      await sleep(WATCH_MILLISECONDS, undefined, { signal: stop }).catch(() => undefined);
    }
  },
});
