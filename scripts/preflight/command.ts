import { defineCommand } from 'citty';
import { environmentArgument, environmentOf } from '../command-line.ts';
import { openLedger } from '../ledger/connect.ts';
import { describeFindings } from './finding.ts';
import { preflight } from './preflight.ts';

export default defineCommand({
  meta: {
    name: 'preflight',
    description:
      'Looks at stores, users, buckets and ledger before the move; changes nothing. Exit code 1 when something stands in the way. Example: migrate preflight',
  },
  args: {
    ...environmentArgument,
    json: { type: 'boolean', default: false, description: 'print the findings as JSON' },
  },
  async run({ args }) {
    const environment = await environmentOf(args);
    const ledger = openLedger(environment.ledger, { application: `migrate preflight (pid ${process.pid})` });
    try {
      const findings = await preflight(environment, ledger);
      process.stdout.write(`${args.json ? JSON.stringify(findings, null, 2) : describeFindings(findings)}\n`);
      if (findings.some(({ severity }) => severity === 'blocking')) process.exitCode = 1;
    } finally {
      await ledger.end();
    }
  },
});
