import { defineCommand } from 'citty';
import { environmentArgument, environmentOf } from '../command-line.ts';
import { assertReachable, openLedger } from '../../ledger/connect.ts';
import { listKeptDocuments } from '../../ledger/source-documents.ts';

const documents = defineCommand({
  meta: {
    name: 'documents',
    description:
      "the source buckets' documents (policy, lifecycle, notification) as they stood before each of our changes, one JSON a line; the first of a bucket and kind is the customer's own. Example: migrate source documents --environment environment.json",
  },
  args: environmentArgument,
  async run({ args }) {
    const environment = await environmentOf(args);
    const ledger = openLedger(environment.ledger, { max: 1, application: 'source documents' });
    try {
      await assertReachable(ledger);
      for (const kept of await listKeptDocuments(ledger)) {
        process.stdout.write(`${JSON.stringify(kept)}\n`);
      }
    } finally {
      await ledger.end();
    }
  },
});

export default defineCommand({
  meta: {
    name: 'source',
    description:
      "What the customer's buckets were like before us. Example: migrate source documents --environment environment.json",
  },
  subCommands: { documents },
});
