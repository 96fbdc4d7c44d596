import { defineCommand } from 'citty';
import { environmentArgument } from '../command-line.ts';
import { runStepCommand } from '../step-command.ts';

export default defineCommand({
  meta: {
    name: 'databases',
    description:
      'Makes the databases, users and schemas on the server that the environment names, where something is missing. Example: migrate databases',
  },
  args: environmentArgument,
  run: ({ args }) => runStepCommand(args, { action: 'databases' }),
});
