import type { Command } from '@commander-js/extra-typings';
import { environmentOf } from '../command-line.ts';
import { stopSignal } from '../../platform/process.ts';
import { example } from '../example.ts';
import { openLedger } from '../../ledger/connect.ts';
import { reportProcess } from '../../ledger/reports.ts';
import { withEnvironment } from '../options.ts';
import { watchHolds } from '../../move/cutover/watch.ts';
import { startComparison } from '../../move/steps/after-copy.ts';

export default function hold(command: Command): void {
  command
    .description('The hold that turns the applications from one store to the other.')
    .addHelpText('after', example('migrate hold watch'));

  withEnvironment(command.command('watch'))
    .description('Makes sure that a hold always ends, whichever process dies; runs under the supervisor.')
    .addHelpText('after', example('migrate hold watch'))
    .action(async (options) => {
      const environment = await environmentOf(options);
      const ledger = openLedger(environment.ledger, { max: 3, application: 'migrate hold watch' });
      await watchHolds(environment, ledger, stopSignal(), () => startComparison(environment, ledger));
      await reportProcess(ledger, { owner: `hold-watch-${process.pid}`, script: 'hold watch' });
      await ledger.end();
    });
}
