import type { Command } from '@commander-js/extra-typings';
import { environmentOf } from '../command-line.ts';
import { suspendUsers } from '../../move/common/fence.ts';
import { Deadline } from '../../contract/wait.ts';
import { clockOf, type Environment } from '../../contract/environment.ts';
import { UserError } from '../../contract/errors.ts';
import { example } from '../example.ts';
import { assertReachable, openLedger } from '../../ledger/connect.ts';
import type { Pool } from '../../ledger/database.ts';
import { assertLedgerIsCurrent } from '../../move/common/epoch-mirror.ts';
import { takeLock } from '../../ledger/locks.ts';
import { readMove, recordEntering } from '../../ledger/move.ts';
import { keepHeapSmall } from '../memory.ts';
import { withEnvironment } from '../options.ts';
import { reportProcess } from '../../ledger/reports.ts';
import { expireSource } from '../../move/teardown/expire.ts';
import { retireGuards } from '../../move/teardown/facts.ts';
import { beginRetire, sourceIsEmpty } from '../../move/teardown/retire.ts';
import { finishTeardown } from '../../move/steps/finish-teardown.ts';
import { rulesStand } from '../../move/teardown/rules.ts';
import { orUnreachable } from '../../move/common/unreachable.ts';
import { takeContainmentCertificate } from '../../move/verify/containment.ts';
import { STRAGGLER } from '../../contract/names.ts';

export default function teardown(command: Command): void {
  withEnvironment(command)
    .description(
      'Empties S3, or says why not. Without --execute nothing changes. Exit codes: 0 done or possible, 1 refused, 3 something could not be reached.',
    )
    .option('--execute', 'really do it; default: say what would happen')
    .addHelpText('after', example('migrate teardown'))
    .action(async (options) => {
      keepHeapSmall(30); // it takes certificates
      const environment = await environmentOf(options);
      const application = `migrate teardown (pid ${process.pid})`;
      const ledger = openLedger(environment.ledger, { application });
      const willExecute = options.execute === true;
      try {
        await assertReachable(ledger);
        await orUnreachable('this is not known', () => plan(environment, ledger, willExecute));
        if (willExecute) await orUnreachable('this is not finished', () => execute(environment, ledger));
        await reportProcess(ledger, { owner: 'teardown', script: 'teardown' });
      } finally {
        await ledger.end();
      }
    });
}

const WHAT_HAPPENS = [
  'deny writes to the source buckets, prove it, drain what is in flight',
  'prove once more that nothing of S3 would be lost (containment certificate)',
  "suspend replay's Ceph user, so that no expiry event can delete on Ceph",
  'set lifecycle rules that expire every object, version, delete marker and upload of:',
];

/** What is at the source now, what the next step would be, and what it lacks. */
async function missingNow(environment: Environment, ledger: Pool): Promise<string[]> {
  const now = clockOf(environment)();
  return (await retireGuards(environment, ledger, now)).map(({ message }) => message);
}

function refuse(missing: string[]): never {
  throw new UserError(
    `Refused; nothing was changed and nothing removed. What is missing:\n  - ${missing.join('\n  - ')}`,
    { exitCode: 1 },
  );
}

async function execute(environment: Environment, ledger: Pool): Promise<void> {
  const say = (line: string) => process.stderr.write(`${line}\n`);
  const lock = await takeLock(ledger, 'step', { wait: false });
  if (lock === null) throw new UserError('Another step of the move is at work; wait for it', { exitCode: 1 });
  try {
    await assertLedgerIsCurrent(environment, ledger);
    if ((await rulesStand(environment)) !== 'none') {
      await finish(environment);
      return;
    }
    const refused = await beginRetire(environment, ledger, {
      say,
      takeContainment: takeContainmentCertificate,
    });
    if (refused.length > 0) refuse(refused);
    if ((await readMove(ledger)).phase === 'retain') await recordEntering(ledger, 'retire');
    await suspendUsers(environment, [STRAGGLER], new Deadline(environment.bounds.requestSeconds));
    await expireSource(environment, { say, takeContainment: takeContainmentCertificate });
    process.stdout.write(
      'S3 is being emptied. Set storage:phase to retire and run pulumi up, so that the stack follows.\n',
    );
  } finally {
    lock.release();
  }
}

async function finish(environment: Environment): Promise<void> {
  const left = await sourceIsEmpty(environment);
  if (left.length > 0) {
    process.stdout.write(`S3 is being emptied; still there:\n  - ${left.join('\n  - ')}\n`);
    return;
  }
  await finishTeardown(environment);
  process.stdout.write('S3 is empty and all that was ours there is removed. Set storage:phase to done.\n');
}

/** Says what would happen, and refuses where something is missing. Changes nothing. */
async function plan(environment: Environment, ledger: Pool, willExecute: boolean): Promise<void> {
  if ((await rulesStand(environment)) === 'none') {
    const buckets = environment.moves.map((move) => `       ${move.sourceBucket}`);
    process.stdout.write(
      [
        willExecute ? 'This happens:' : 'This would happen (with --execute):',
        ...WHAT_HAPPENS.map((line, index) => `  ${index + 1}. ${line}`),
        ...buckets,
        '',
      ].join('\n'),
    );
    const missing = await missingNow(environment, ledger);
    if (missing.length > 0) refuse(missing);
  } else if (!willExecute) {
    const left = await sourceIsEmpty(environment);
    process.stdout.write(
      left.length === 0
        ? 'S3 is empty. With --execute, what is ours in the source buckets would be removed.\n'
        : `S3 is being emptied; still there:\n  - ${left.join('\n  - ')}\n`,
    );
  }
}
