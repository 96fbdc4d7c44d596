import type { Command } from '@commander-js/extra-typings';
import { environmentOf } from '../command-line.ts';
import { example } from '../example.ts';
import { assertReachable, openLedger } from '../../ledger/connect.ts';
import { listKeptDocuments } from '../../ledger/source-documents.ts';
import { withEnvironment, type StoresOptions } from '../options.ts';

export default function source(command: Command): void {
  command
    .description("What the customer's buckets were like before us.")
    .addHelpText('after', example('migrate source documents --environment environment.json'));

  withEnvironment(command.command('documents'))
    .summary("the source buckets' policy, lifecycle and notification before our changes")
    .description(
      "The source buckets' documents (policy, lifecycle, notification) before each of our changes, one JSON object a line; the first of a bucket and kind is the customer's own.",
    )
    .addHelpText('after', example('migrate source documents --environment environment.json'))
    .action(printDocuments);
}

async function printDocuments(options: StoresOptions): Promise<void> {
  const environment = await environmentOf(options);
  const ledger = openLedger(environment.ledger, { max: 1, application: 'source documents' });
  try {
    await assertReachable(ledger);
    for (const kept of await listKeptDocuments(ledger)) {
      process.stdout.write(`${JSON.stringify(kept)}\n`);
    }
  } finally {
    await ledger.end();
  }
}
