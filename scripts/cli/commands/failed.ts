import { defineCommand } from 'citty';
import { environmentOf, isStandalone, storesArguments, type EnvironmentOptions } from '../command-line.ts';
import type { Environment } from '../../contract/environment.ts';
import { UserError } from '../../contract/errors.ts';
import { openLedger, type Pool } from '../../ledger/connect.ts';
import { prepareLedger } from '../standalone/ledger.ts';
import { runStepCommand } from '../step-command.ts';
import { requestOf, selectionArguments } from '../../move/retry/select.ts';

const jsonArgument = {
  json: { type: 'boolean', default: false, description: 'print it as one JSON object' },
} as const;

/** Of two endpoints that a command line named; a stack's ledger may be where only its function reaches. */
async function answer(
  args: EnvironmentOptions,
  work: (environment: Environment, ledger: Pool) => Promise<{ exitCode: number; output: string }>,
): Promise<void> {
  const environment = await environmentOf(args);
  await prepareLedger(environment);
  const ledger = openLedger(environment.ledger, { application: `migrate retry (pid ${process.pid})` });
  try {
    const { exitCode, output } = await work(environment, ledger);
    process.stdout.write(`${output}\n`);
    process.exitCode = exitCode;
  } finally {
    await ledger.end();
  }
}

export const failed = defineCommand({
  meta: {
    name: 'failed',
    description:
      'The keys that keep failing, with attempts and reason. Exit code 0 when there are none, else 1. ' +
      'Example: migrate failed --stage replay --json',
  },
  args: { ...storesArguments, ...selectionArguments, ...jsonArgument },
  async run({ args }) {
    const request = requestOf(args);
    const { json } = args;
    if (!isStandalone(args)) return runStepCommand(args, { action: 'failed', ...request, json });
    const { listFailed } = await import('../../move/retry/act.ts');
    await answer(args, (environment, ledger) => listFailed(environment, ledger, request, { json }));
  },
});

export const retry = defineCommand({
  meta: {
    name: 'retry',
    description:
      'Puts failed keys back, to be tried at once and as often as new ones; they leave the failed list when they succeed. ' +
      'Keys of replay are taken by its workers, keys of sync by the next migrate sync. ' +
      'Example: migrate retry --all --source s3://photos --source-profile old --target s3://photos --target-profile new',
  },
  args: {
    ...storesArguments,
    all: { type: 'boolean', default: false, description: 'every failed key' },
    ...selectionArguments,
    'dry-run': { type: 'boolean', default: false, description: 'say which they are; change nothing' },
    ...jsonArgument,
  },
  async run({ args }) {
    const request = requestOf(args);
    const isChosen = Object.values(request).some((given) => given !== undefined);
    if (args.all === isChosen) {
      throw new UserError(
        args.all
          ? '--all is every failed key: leave it out, or the option that chooses some'
          : 'Which keys? Give --all, or choose by --key, --bucket or --stage. What there is: migrate failed',
      );
    }
    const options = { json: args.json, dryRun: args['dry-run'] };
    if (!isStandalone(args)) return runStepCommand(args, { action: 'retry', ...request, ...options });
    const { retryFailed } = await import('../../move/retry/act.ts');
    await answer(args, (environment, ledger) => retryFailed(environment, ledger, request, options));
  },
});
