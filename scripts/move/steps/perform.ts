import { hostname } from 'node:os';
import { describePlan, plan } from '../../contract/plan.ts';
import type { Environment } from '../../contract/environment.ts';
import { listFailed, retryFailed } from '../retry/act.ts';
import { assertReachable, openLedger } from '../../ledger/connect.ts';
import type { Pool } from '../../ledger/database.ts';
import { takeLock } from '../../ledger/locks.ts';
import { migrateLedger } from '../../ledger/migrations.ts';
import { readMove } from '../../ledger/move.ts';
import { phaseContext } from './context.ts';
import { enterPhase } from './enter.ts';
import { settlePhase } from './settle.ts';
import { describeFindings } from '../preflight/finding.ts';
import { preflight } from '../preflight/preflight.ts';
import { readStatus, statusJson } from '../status/read.ts';
import { renderStatus } from '../status/render.ts';
import type { StepRequest, StepVoice } from '../../contract/step-protocol.ts';
import { teardownRefusals } from '../teardown/refusals.ts';

/** For standard output, and the exit code that goes with it. */
export type Performed = { exitCode: 0 | 1; output: string };

/** Does what is asked, in this process. Throws UserError where it is refused. */
export async function perform(
  environment: Environment,
  request: StepRequest,
  voice: StepVoice,
): Promise<Performed> {
  const name = 'phase' in request ? `${request.action} ${request.phase}` : request.action;
  const use = <T>(work: (ledger: Pool) => Promise<T>) => withLedger(environment, name, work);
  switch (request.action) {
    case 'databases':
      await setUp(environment, voice);
      return { exitCode: 0, output: '' };
    case 'enter':
      // The ledger is one of the databases.
      if (request.phase === 'prepare') await setUp(environment, voice);
      return use((ledger) => underLock(environment, ledger, request, voice));
    case 'settle':
      return use((ledger) => underLock(environment, ledger, request, voice));
    case 'plan':
      return use(async (ledger) => {
        const { phase } = await readMove(ledger);
        return { exitCode: 0, output: describePlan(plan(phase, request.phase)) };
      });
    case 'status':
      return use(async (ledger) => {
        const status = await readStatus(environment, ledger, teardownRefusals);
        return { exitCode: 0, output: request.json ? statusJson(status) : renderStatus(status, new Date()) };
      });
    case 'failed':
      return use((ledger) => listFailed(environment, ledger, request, request));
    case 'retry':
      return use((ledger) => retryFailed(environment, ledger, request, request));
    case 'preflight': {
      const findings = await asked(environment, name, (ledger) => preflight(environment, ledger));
      const blocked = findings.some(({ severity }) => severity === 'blocking');
      const output = request.json ? JSON.stringify(findings, null, 2) : describeFindings(findings);
      return { exitCode: blocked ? 1 : 0, output };
    }
  }
}

/** Nothing where the stack makes the databases itself (one machine). */
async function setUp(environment: Environment, { say }: StepVoice): Promise<void> {
  if (environment.databases === undefined) return;
  await (await import('./databases.ts')).setUpServer(environment.databases, say);
}

/** Runs one step with the lock that keeps two copies of any step from running at once. */
async function underLock(
  environment: Environment,
  ledger: Pool,
  { action, phase }: Extract<StepRequest, { action: 'enter' | 'settle' }>,
  voice: StepVoice,
): Promise<Performed> {
  await migrateLedger(ledger);
  const lock = await takeLock(ledger, 'step', {
    wait: true,
    onWait: (holder) => voice.say(`waits for another step to end: ${holder}`),
  });
  if (lock === null) throw new Error('waited for the lock and did not get it');
  try {
    const work = action === 'enter' ? enterPhase : settlePhase;
    return { exitCode: 0, output: await work(phaseContext(environment, ledger, lock, voice), phase) };
  } finally {
    lock.release();
  }
}

function withLedger<T>(
  environment: Environment,
  name: string,
  work: (ledger: Pool) => Promise<T>,
): Promise<T> {
  return asked(environment, name, async (ledger) => {
    await assertReachable(ledger);
    return work(ledger);
  });
}

async function asked<T>(
  environment: Environment,
  name: string,
  work: (ledger: Pool) => Promise<T>,
): Promise<T> {
  const application = `migrate ${name} (pid ${process.pid} on ${hostname()})`;
  const ledger = openLedger(environment.ledger, { application });
  try {
    return await work(ledger);
  } finally {
    await ledger.end();
  }
}
