import type { Command } from '@commander-js/extra-typings';
import { isPhase, PHASES, type Phase } from '../../contract/phases.ts';
import { example } from '../example.ts';
import { UserError } from '../../contract/errors.ts';
import { withEnvironment } from '../options.ts';
import { runStepCommand } from '../step-command.ts';

const STEPS = {
  enter: 'The gate: proves all that a phase needs, changes nothing where it refuses.',
  settle: 'What a phase needs after its parts have changed.',
  plan: 'Prints what would lead to a phase.',
};

export default function phase(command: Command): void {
  command
    .description('Gate and settle of the phases; pulumi up runs them.')
    .addHelpText('after', example('migrate phase plan cutover'));

  for (const action of ['enter', 'settle', 'plan'] as const) {
    withEnvironment(command.command(action))
      .description(STEPS[action])
      .argument('[phase]', `one of ${PHASES.join(', ')}; default: the variable MIGRATE_PHASE`)
      .addHelpText('after', example(`migrate phase ${action} copy`))
      .action((given, options) => runStepCommand(options, { action, phase: phaseOf(given) }));
  }
}

function phaseOf(given: string | undefined): Phase {
  const text = given ?? process.env['MIGRATE_PHASE'];
  if (text !== undefined && isPhase(text)) return text;
  throw new UserError(
    `There is no phase "${text ?? ''}". The phases are, in their order: ${PHASES.join(', ')}. ` +
      'Set one: pulumi config set storage:phase prepare',
  );
}
