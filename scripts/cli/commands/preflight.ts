import { defineCommand } from 'citty';
import { environmentOf, isStandalone, storesArguments } from '../command-line.ts';
import { openLedger } from '../../ledger/connect.ts';
import { keepHeapSmall } from '../memory.ts';
import { prepareLedger } from '../standalone/ledger.ts';
import { standalonePreflight } from '../standalone/preflight.ts';
import { assertStores } from '../standalone/reach.ts';
import { runStepCommand } from '../step-command.ts';
import { describeFindings } from '../../move/preflight/finding.ts';

export default defineCommand({
  meta: {
    name: 'preflight',
    description:
      'Looks at stores, users, buckets and ledger before the move; changes nothing. Exit code 1 when something stands in the way. ' +
      'Example: migrate preflight --source s3://photos --source-profile old --target s3://photos --target-profile new',
  },
  args: {
    ...storesArguments,
    json: { type: 'boolean', default: false, description: 'print the findings as JSON' },
  },
  async run({ args }) {
    if (!isStandalone(args)) return runStepCommand(args, { action: 'preflight', json: args.json });
    keepHeapSmall();
    const environment = await environmentOf(args);
    await assertStores(environment);
    await prepareLedger(environment);
    const ledger = openLedger(environment.ledger);
    try {
      const findings = await standalonePreflight(environment, ledger);
      process.stdout.write(`${args.json ? JSON.stringify(findings, null, 2) : describeFindings(findings)}\n`);
      if (findings.some(({ severity }) => severity === 'blocking')) process.exitCode = 1;
    } finally {
      await ledger.end();
    }
  },
});
