import type { Command } from '@commander-js/extra-typings';
import { example } from '../example.ts';
import { withEnvironment } from '../options.ts';
import { runStepCommand } from '../step-command.ts';

export default function databases(command: Command): void {
  withEnvironment(command)
    .description(
      'Makes the databases, users and schemas on the server that the environment names, where something is missing.',
    )
    .addHelpText('after', example('migrate databases'))
    .action((options) => runStepCommand(options, { action: 'databases' }));
}
