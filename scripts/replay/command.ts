import { defineCommand } from 'citty';
import { environmentArgument, environmentOf, stopSignal } from '../command-line.ts';
import { UserError } from '../errors.ts';
import { runReplay } from './worker.ts';

export default defineCommand({
  meta: {
    name: 'replay',
    description:
      'bring the changes of the operation log to Ceph. Ends when nothing is open; exit code 1 when keys keep failing (migrate status names them)',
  },
  args: {
    ...environmentArgument,
    follow: {
      type: 'boolean',
      description: 'go on with what comes, until it is told to stop',
      default: false,
    },
    concurrency: { type: 'string', description: 'keys at once', default: '8', valueHint: 'N' },
  },
  async run({ args }) {
    const concurrency = Number(args.concurrency);
    if (!Number.isInteger(concurrency) || concurrency < 1 || concurrency > 64) {
      throw new UserError(`--concurrency is "${args.concurrency}"; it must be a whole number from 1 to 64`);
    }
    const environment = await environmentOf(args);
    const stop = stopSignal();
    const { outcomes, failedKeys } = await runReplay(environment, { follow: args.follow, concurrency, stop });
    const done = Object.entries(outcomes).map(([outcome, count]) => `${count} ${outcome}`);
    process.stdout.write(`replayed: ${done.length === 0 ? 'nothing' : done.join(', ')}\n`);
    if (failedKeys > 0) {
      throw new UserError(`${failedKeys} keys keep failing; migrate status names them with the reason`, {
        exitCode: 1,
      });
    }
  },
});
