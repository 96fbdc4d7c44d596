import { defineCommand } from 'citty';
import { environmentArgument, environmentOf } from '../command-line.ts';
import { stopSignal } from '../../platform/process.ts';
import { openLedger } from '../../ledger/connect.ts';
import { reportProcess } from '../../ledger/reports.ts';
import { watchHolds } from '../../move/cutover/watch.ts';
import { startComparison } from '../../move/steps/after-copy.ts';

export default defineCommand({
  meta: { name: 'hold', description: 'The hold that turns the applications from one store to the other' },
  subCommands: {
    watch: defineCommand({
      meta: {
        name: 'watch',
        description:
          'Sees to it that a hold always ends, whichever process dies; runs under the supervisor. Example: migrate hold watch',
      },
      args: environmentArgument,
      async run({ args }) {
        const environment = await environmentOf(args);
        const ledger = openLedger(environment.ledger, { max: 3, application: 'migrate hold watch' });
        const signal = stopSignal();
        await watchHolds(environment, ledger, signal, () => startComparison(environment, ledger));
        await reportProcess(ledger, { owner: `hold-watch-${process.pid}`, script: 'hold watch' });
        await ledger.end();
      },
    }),
  },
});
