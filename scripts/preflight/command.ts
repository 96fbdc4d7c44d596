import { defineCommand } from 'citty';
import { environmentArgument } from '../command-line.ts';
import { runStepCommand } from '../steps/run.ts';

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
  run: ({ args }) => runStepCommand(args, { action: 'preflight', json: args.json }),
});
