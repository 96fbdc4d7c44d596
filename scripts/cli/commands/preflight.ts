import type { Command } from '@commander-js/extra-typings';
import { environmentOf } from '../command-line.ts';
import { example, ON_TWO_STORES } from '../example.ts';
import { openLedger } from '../../ledger/connect.ts';
import { keepHeapSmall } from '../memory.ts';
import { isStandalone, withStores } from '../options.ts';
import { prepareLedger } from '../standalone/ledger.ts';
import { standalonePreflight } from '../standalone/preflight.ts';
import { assertStores } from '../standalone/reach.ts';
import { runStepCommand } from '../step-command.ts';
import { describeFindings } from '../../move/preflight/finding.ts';

export default function preflight(command: Command): void {
  withStores(command)
    .description(
      'Looks at stores, users, buckets and ledger before the move; changes nothing. Exit code 1 when something is in the way.',
    )
    .option('--json', 'print the findings as JSON')
    .addHelpText('after', example('migrate preflight', ...ON_TWO_STORES))
    .action(async ({ json = false, ...options }) => {
      if (!isStandalone(options)) return runStepCommand(options, { action: 'preflight', json });
      keepHeapSmall();
      const environment = await environmentOf(options);
      await assertStores(environment);
      await prepareLedger(environment);
      const ledger = openLedger(environment.ledger);
      try {
        const findings = await standalonePreflight(environment, ledger);
        process.stdout.write(`${json ? JSON.stringify(findings, null, 2) : describeFindings(findings)}\n`);
        if (findings.some(({ severity }) => severity === 'blocking')) process.exitCode = 1;
      } finally {
        await ledger.end();
      }
    });
}
