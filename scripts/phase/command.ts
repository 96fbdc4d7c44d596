import { hostname } from 'node:os';
import { defineCommand } from 'citty';
import { describePlan, plan } from '../../infra/phases/plan.ts';
import { isPhase, PHASES, type Phase } from '../../infra/phases/phase.ts';
import { environmentArgument, environmentOf } from '../command-line.ts';
import { UserError } from '../errors.ts';
import { keepHeapSmall } from '../memory.ts';
import { assertReachable, openLedger } from '../ledger/connect.ts';
import { migrateLedger } from '../ledger/migrations.ts';
import { takeLock } from '../ledger/locks.ts';
import { readMove } from '../ledger/move.ts';
import { phaseContext, type PhaseContext } from './context.ts';
import { enterPhase } from './enter.ts';
import { settlePhase } from './settle.ts';

const phaseArgument = {
  phase: {
    type: 'positional',
    description: `one of ${PHASES.join(', ')}; default: the variable MIGRATE_PHASE`,
    required: false,
  },
} as const;

/** Runs one step with the lock that keeps two copies of any step from running at once. */
async function withStep(
  args: { environment?: string | undefined; phase?: string | undefined },
  what: string,
  work: (context: PhaseContext, to: Phase) => Promise<Phase>,
): Promise<void> {
  keepHeapSmall(30); // a gate may compare everything
  const to = phaseOf(args.phase ?? process.env['MIGRATE_PHASE']);
  const environment = await environmentOf(args);
  const ledger = openLedger(environment.ledger, {
    application: `migrate phase ${what} ${to} (pid ${process.pid} on ${hostname()})`,
  });
  try {
    await assertReachable(ledger);
    await migrateLedger(ledger);
    const lock = await takeLock(ledger, 'step', {
      wait: true,
      onWait: (holder) => process.stderr.write(`waits for another step to end: ${holder}\n`),
    });
    if (lock === null) throw new Error('waited for the lock and did not get it');
    try {
      const phase = await work(phaseContext(environment, ledger, lock), to);
      process.stdout.write(`${phase}\n`);
    } finally {
      lock.release();
    }
  } finally {
    await ledger.end();
  }
}

function phaseOf(text: string | undefined): Phase {
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
      run: ({ args }) => withStep(args, 'enter', enterPhase),
    }),
    settle: defineCommand({
      meta: {
        name: 'settle',
        description: 'What a phase needs after its parts have changed. Example: migrate phase settle copy',
      },
      args: { ...environmentArgument, ...phaseArgument },
      run: ({ args }) => withStep(args, 'settle', settlePhase),
    }),
    plan: defineCommand({
      meta: {
        name: 'plan',
        description: 'Prints what would lead to a phase. Example: migrate phase plan cutover',
      },
      args: { ...environmentArgument, ...phaseArgument },
      async run({ args }) {
        const to = phaseOf(args.phase);
        const environment = await environmentOf(args);
        const ledger = openLedger(environment.ledger);
        try {
          await assertReachable(ledger);
          const { phase } = await readMove(ledger);
          process.stdout.write(describePlan(plan(phase, to)) + '\n');
        } finally {
          await ledger.end();
        }
      },
    }),
  },
});
