import { defineCommand } from 'citty';
import { isPhase, PHASES, type Phase } from '../../contract/phases.ts';
import { environmentArgument } from '../command-line.ts';
import { UserError } from '../../contract/errors.ts';
import { runStepCommand } from '../step-command.ts';

const phaseArgument = {
  phase: {
    type: 'positional',
    description: `one of ${PHASES.join(', ')}; default: the variable MIGRATE_PHASE`,
    required: false,
  },
} as const;

function phaseOf(given: string | undefined): Phase {
  const text = given ?? process.env['MIGRATE_PHASE'];
  if (text !== undefined && isPhase(text)) return text;
  throw new UserError(
    `There is no phase "${text ?? ''}". The phases are, in their order: ${PHASES.join(', ')}. ` +
      'Set one: pulumi config set storage:phase prepare',
  );
}

export default defineCommand({
  meta: { name: 'phase', description: 'Gate and settle of the phases; pulumi up runs them' },
  subCommands: {
    enter: defineCommand({
      meta: {
        name: 'enter',
        description:
          'The gate: proves all that a phase needs, changes nothing where it refuses. Example: migrate phase enter copy',
      },
      args: { ...environmentArgument, ...phaseArgument },
      run: ({ args }) => runStepCommand(args, { action: 'enter', phase: phaseOf(args.phase) }),
    }),
    settle: defineCommand({
      meta: {
        name: 'settle',
        description: 'What a phase needs after its parts have changed. Example: migrate phase settle copy',
      },
      args: { ...environmentArgument, ...phaseArgument },
      run: ({ args }) => runStepCommand(args, { action: 'settle', phase: phaseOf(args.phase) }),
    }),
    plan: defineCommand({
      meta: {
        name: 'plan',
        description: 'Prints what would lead to a phase. Example: migrate phase plan cutover',
      },
      args: { ...environmentArgument, ...phaseArgument },
      run: ({ args }) => runStepCommand(args, { action: 'plan', phase: phaseOf(args.phase) }),
    }),
  },
});
