import { Option, type Command } from '@commander-js/extra-typings';
import { environmentOf } from '../command-line.ts';
import type { Environment } from '../../contract/environment.ts';
import { example, ON_TWO_STORES } from '../example.ts';
import { openLedger } from '../../ledger/connect.ts';
import type { Pool } from '../../ledger/database.ts';
import { isStandalone, withStores, type StoresOptions } from '../options.ts';
import { prepareLedger } from '../standalone/ledger.ts';
import { runStepCommand } from '../step-command.ts';

/** What is not given chooses all. */
const withSelection = (command: Command) =>
  withStores(command)
    .option('--key <KEY>', 'exactly this key')
    .option('--bucket <BUCKET>', 'the keys that are copied from, or to, this bucket')
    .addOption(
      new Option(
        '--stage <STAGE>',
        'where they failed. sync: in the bulk copy; replay: when a change was brought over; promotion: copied ahead because somebody read them',
      ).choices(['sync', 'replay', 'promotion']),
    )
    .option('--json', 'print it as one JSON object');

export default function failed(command: Command): void {
  withSelection(command)
    .description(
      'The keys that keep failing, with attempts and reason. Exit code 0 when there are none, else 1.',
    )
    .addHelpText('after', example('migrate failed --stage replay --json'))
    .action(async ({ key, bucket, stage, json = false, ...options }) => {
      const request = { key, bucket, stage };
      if (!isStandalone(options)) return runStepCommand(options, { action: 'failed', ...request, json });
      const { listFailed } = await import('../../move/retry/act.ts');
      await answer(options, (environment, ledger) => listFailed(environment, ledger, request, { json }));
    });
}

export function retry(command: Command): void {
  withSelection(command)
    .description(
      'Puts failed keys back, to be tried at once and as often as new ones; they leave the failed list when they succeed. ' +
        'Keys of replay are taken by its workers, keys of sync by the next migrate sync.',
    )
    .addOption(new Option('--all', 'every failed key').conflicts(['key', 'bucket', 'stage']))
    .option('--dry-run', 'say which they are; change nothing')
    .addHelpText('after', example('migrate retry --all', ...ON_TWO_STORES))
    .action(async ({ key, bucket, stage, all, json = false, dryRun = false, ...options }) => {
      const request = { key, bucket, stage };
      if (all !== true && Object.values(request).every((given) => given === undefined)) {
        command.error(
          'error: which keys? Give --all, or choose by --key, --bucket or --stage. What there is: migrate failed',
        );
      }
      if (!isStandalone(options)) {
        return runStepCommand(options, { action: 'retry', ...request, json, dryRun });
      }
      const { retryFailed } = await import('../../move/retry/act.ts');
      await answer(options, (environment, ledger) =>
        retryFailed(environment, ledger, request, { json, dryRun }),
      );
    });
}

/** Of two endpoints that a command line named; a stack's ledger may be where only its function reaches. */
async function answer(
  options: StoresOptions,
  work: (environment: Environment, ledger: Pool) => Promise<{ exitCode: number; output: string }>,
): Promise<void> {
  const environment = await environmentOf(options);
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
