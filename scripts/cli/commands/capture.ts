import type { Command } from '@commander-js/extra-typings';
import { environmentOf } from '../command-line.ts';
import { stopSignal } from '../../platform/process.ts';
import { example } from '../example.ts';
import { assertReachable, openLedger } from '../../ledger/connect.ts';
import { seconds, withEnvironment, type StoresOptions } from '../options.ts';
import { proveCanary } from '../../move/capture/canary.ts';
import { installCapture, removeCapture } from '../../move/capture/notification.ts';
import { serveCapture, serveHeartbeat } from '../../move/capture/serve.ts';

export default function capture(command: Command): void {
  command
    .description('The log of what changes on S3.')
    .addHelpText('after', example('migrate capture canary --deadline 60'));

  withEnvironment(command.command('serve'))
    .description(
      'Receives the notifications that Ceph pushes, writes the canary and samples the lag, until it is stopped.',
    )
    .addHelpText('after', example('migrate capture serve --environment environment.json'))
    .action(async (options) => serveCapture(await environmentOf(options), stopSignal()));

  // `pulse` is its former name.
  withEnvironment(command.command('heartbeat').alias('pulse'))
    .description(
      'Writes the canary to every source bucket and samples the lag, until it is stopped; for AWS, where a Lambda takes the notifications.',
    )
    .addHelpText('after', example('migrate capture heartbeat --environment ssm:/storage/prod/environment'))
    .action(async (options) => serveHeartbeat(await environmentOf(options), stopSignal()));

  withEnvironment(command.command('install'))
    .description("Adds our entry to the source buckets' notifications; the others stay.")
    .addHelpText('after', example('migrate capture install --environment environment.json'))
    .action(async (options) => installCapture(await environmentOf(options)));

  withEnvironment(command.command('remove'))
    .description("Takes our entry out of the source buckets' notifications again; the others stay.")
    .addHelpText('after', example('migrate capture remove --environment environment.json'))
    .action(async (options) => removeCapture(await environmentOf(options)));

  withEnvironment(command.command('canary'))
    .description('Proves that events come through: writes a canary and waits for its event in the log.')
    .option('--deadline <SECONDS>', 'how long to wait', seconds({ above: 0, to: 86_400 }), 60)
    .addHelpText('after', example('migrate capture canary --deadline 60'))
    .action(async ({ deadline, ...options }) => canary(options, deadline));
}

async function canary(options: StoresOptions, deadlineSeconds: number): Promise<void> {
  const environment = await environmentOf(options);
  const ledger = openLedger(environment.ledger, { max: environment.moves.length, application: 'canary' });
  try {
    await assertReachable(ledger);
    const proven = await proveCanary(environment, ledger, { deadlineSeconds });
    for (const [move, { seconds }] of Object.entries(proven)) {
      process.stdout.write(`${move}: the canary came through in ${seconds.toFixed(2)} s\n`);
    }
  } finally {
    await ledger.end();
  }
}
