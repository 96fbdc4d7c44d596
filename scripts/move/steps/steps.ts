import type { StepId } from '../../contract/plan.ts';
import { originOf } from '../../contract/phases.ts';
import { firstCanarySeconds, proveCanary } from '../capture/canary.ts';
import { createCaptureTopic, installCapture, captureTrouble } from '../capture/notification.ts';
import { setTargetVersioning } from '../cutover/carry-out.ts';
import { assertNoneGivenUp } from '../cutover/drain-queue.ts';
import { enableUsers, suspendUsers } from '../common/fence.ts';
import { STRAGGLER, WRITERS_BEFORE_HOLD } from '../../contract/names.ts';
import { holdAndTurn, type HoldProofs } from '../cutover/hold.ts';
import { turnOrigin } from '../../platform/nginx/turn-origin.ts';
import { writeParameter } from '../../platform/applications-parameter/parameter.ts';
import { countTargetWrites } from '../cutover/target-writes.ts';
import { Deadline } from '../../contract/wait.ts';
import type { Environment } from '../../contract/environment.ts';
import { installEvents } from '../../object-events/install.ts';
import { listFailures } from '../../ledger/failures.ts';
import { readMove } from '../../ledger/move.ts';
import { lastSourceWrite, replayLag } from '../../ledger/operations.ts';
import { countPending } from '../../ledger/pending.ts';
import { syncProgress } from '../../ledger/shards.ts';
import { preflight } from '../preflight/preflight.ts';
import { installArchiveRules, removeArchiveRules } from './archive-rules.ts';
import { allowCacheTier, denyCacheTier, denyCdn } from './cache-tier-access.ts';
import { expireSource } from '../teardown/expire.ts';
import { runLifecycleNow } from '../teardown/lifecycle-now.ts';
import { beginRetire, sourceIsEmpty } from '../teardown/retire.ts';
import { finishTeardown } from './finish-teardown.ts';
import { bringUpToNow } from './certify.ts';
import type { PhaseContext } from './context.ts';
import { refusal } from './refusal.ts';
import { waitForReplay } from './replay-lag.ts';
import { certifyAfterWindow } from './after-window.ts';
import { startSync, waitForSync } from './bulk-copy.ts';
import { certifyInHold } from '../verify/parity.ts';
import { takeContainmentCertificate } from '../verify/containment.ts';

const PROOFS: HoldProofs = { canary: proveCanary, parity: certifyInHold };

/**
 * What each step of the plan does. A guard throws UserError with what is missing and what to do; every
 * step may be repeated.
 */
const STEPS: Record<StepId, (context: PhaseContext) => Promise<void>> = {
  async preflight({ environment, ledger, say }) {
    const findings = await preflight(environment, ledger);
    for (const finding of findings) say(`  ${finding.severity}: ${finding.message}`);
    const blocking = findings.filter((finding) => finding.severity === 'blocking');
    refuseIf(blocking.length > 0, () => blocking.map((finding) => finding.message));
  },

  async 'capture-healthy'({ environment }) {
    const trouble = await captureTrouble(environment);
    refuseIf(trouble !== null, () => [trouble ?? '']);
  },

  async 'sync-complete'({ environment, ledger }) {
    const missing: string[] = [];
    for (const move of environment.moves) {
      const progress = await syncProgress(ledger, move.name);
      if (progress.state !== 'done') {
        missing.push(
          `the bulk copy of ${move.name} is not complete: ${progress.done} of ${progress.shards} shards (state: ${progress.state}). Wait for it: migrate status --watch`,
        );
      }
    }
    const failures = await listFailures(ledger);
    for (const failure of failures.slice(0, 10)) {
      missing.push(
        `${failure.stage} could not handle ${JSON.stringify(failure.key)} of ${failure.move} (${failure.attempts} attempts): ${failure.reason}`,
      );
    }
    if (failures.length > 10) missing.push(`… and ${failures.length - 10} more failed keys: migrate status`);
    refuseIf(missing.length > 0, () => missing);
  },

  async 'lag-bounded'(context) {
    const { environment } = context;
    await assertNoneGivenUp(environment.capture);
    const { lagSeconds, leaseSeconds, requestSeconds } = environment.bounds;
    // A worker that dies keeps its keys for so long, and nothing is wrong with that.
    const seconds = lagSeconds + leaseSeconds + requestSeconds;
    const behind = await waitForReplay(context, { seconds });
    refuseIf(behind !== null, () => [behind ?? '']);
  },

  'base-certificate': bringUpToNow,

  async quiet({ environment, ledger }) {
    const last = await lastSourceWrite(ledger);
    const { rows } = await ledger.query<{ quiet: number }>(
      'SELECT extract(epoch FROM clock_timestamp() - $1::timestamptz)::float8 AS quiet',
      [last],
    );
    const quiet = rows[0]?.quiet ?? Infinity;
    const wanted = environment.bounds.quietSeconds;
    refuseIf(last !== null && quiet < wanted, () => [
      `somebody wrote to S3 ${quiet.toFixed(1)} s ago; it must have been quiet for ${wanted} s. Find the application that does not follow the parameter: migrate status`,
    ]);
  },

  async 'pending-empty'({ ledger }) {
    const [pending, lag, failures] = await Promise.all([
      countPending(ledger),
      replayLag(ledger),
      listFailures(ledger),
    ]);
    const missing: string[] = [];
    if (pending > 0) missing.push(`${pending} keys are still on S3 alone: migrate pending list`);
    if (lag.operations > 0) missing.push(`${lag.operations} operations of S3 are not handled yet`);
    if (failures.length > 0) missing.push(`${failures.length} keys are on the failed list: migrate status`);
    refuseIf(missing.length > 0, () => missing);
  },

  containment: certifyAfterWindow,

  async 'retire-guards'({ environment, ledger, now, say }) {
    const missing = await beginRetire(environment, ledger, {
      now: now(),
      say,
      takeContainment: takeContainmentCertificate,
    });
    refuseIf(missing.length > 0, () => missing);
  },

  async 'source-empty'({ environment }) {
    const left = await sourceIsEmpty(environment);
    refuseIf(left.length > 0, () => left.map((line) => `${line}; expiry is asynchronous: try again later`));
  },

  async 'no-writes-on-target'({ environment }) {
    const writes = await countTargetWrites(environment);
    refuseIf(writes > 0, () => [
      `Ceph holds ${writes} writes that S3 does not have; going back would lose them. Copying writes back from Ceph to S3 is not built yet`,
    ]);
  },

  async 'source-readers-allow'({ environment }) {
    await allowCacheTier(environment);
  },

  async 'source-readers-deny'({ environment }) {
    await denyCacheTier(environment);
  },

  async 'archive-rules-install'({ environment }) {
    await installArchiveRules(environment);
  },

  async 'archive-rules-remove'({ environment }) {
    await removeArchiveRules(environment);
  },

  async 'failover-allow'({ environment }) {
    await allowCacheTier(environment);
  },

  async 'failover-deny'({ environment }) {
    await denyCdn(environment);
  },

  async 'object-events'({ environment }) {
    if (environment.events !== undefined) await installEvents(environment);
  },

  async 'capture-topic'({ environment }) {
    await createCaptureTopic(environment);
  },

  async 'origin-source'({ environment, ledger }) {
    await turnOrigin(environment, originOf('prepare'), (await readMove(ledger)).epoch);
  },

  async 'parameter-source'({ environment, ledger }) {
    await writeParameter(environment, {
      state: 's3',
      store: 'source',
      epoch: (await readMove(ledger)).epoch,
      requestSeconds: environment.bounds.requestSeconds,
    });
  },

  async 'writers-enable'({ environment }) {
    await enableUsers(environment, WRITERS_BEFORE_HOLD);
  },

  async 'capture-install'({ environment }) {
    await installCapture(environment);
  },

  async canary({ environment, ledger }) {
    await proveCanary(environment, ledger, { deadlineSeconds: firstCanarySeconds(environment) });
  },

  async 'sync-start'(context) {
    await startSync(context);
    if (context.environment.wait) await waitForSync(context);
  },

  async 'certify-base'(context) {
    if (context.environment.wait) await bringUpToNow(context);
  },

  async 'hold-to-target'({ environment, ledger, say, remainingSeconds }) {
    assertTimeForHold(environment, remainingSeconds);
    const result = await holdAndTurn(environment, ledger, 'to-target', PROOFS);
    say(`the applications write to Ceph; the hold took ${result.holdSeconds} s`);
  },

  async 'hold-to-source'({ environment, ledger, say, remainingSeconds }) {
    assertTimeForHold(environment, remainingSeconds);
    const result = await holdAndTurn(environment, ledger, 'to-source', PROOFS);
    say(`the applications write to S3 again; the hold took ${result.holdSeconds} s`);
  },

  async 'stragglers-suspend'({ environment }) {
    await suspendUsers(environment, [STRAGGLER], new Deadline(environment.bounds.requestSeconds));
  },

  async 'origin-target-only'({ environment, ledger }) {
    await turnOrigin(environment, originOf('retire'), (await readMove(ledger)).epoch);
  },

  async 'expire-source'({ environment, say }) {
    await expireSource(environment, { say, takeContainment: takeContainmentCertificate });
    // An RGW of ours runs its lifecycle at night; Amazon S3 does so by itself, within days.
    if (environment.wait && environment.lifecycleNow !== undefined)
      await runLifecycleNow(environment, { say });
  },

  async 'remove-ours'({ environment }) {
    await finishTeardown(environment);
    await setTargetVersioning(environment, false);
  },
};

/** A hold that its process cannot see through is not begun: the guards before it may have taken long. */
function assertTimeForHold({ bounds }: Environment, remainingSeconds: (() => number) | undefined): void {
  const needed = bounds.refreshSeconds * 2 + bounds.requestSeconds + bounds.holdLimitSeconds * 2;
  refuseIf(remainingSeconds !== undefined && remainingSeconds() < needed, () => [
    `${needed.toFixed(0)} s for the hold: too little is left of the time that this step may take. Run pulumi up again; what was proven is proven faster then`,
  ]);
}

export async function runStep(context: PhaseContext, id: StepId): Promise<void> {
  await STEPS[id](context);
}

function refuseIf(condition: boolean, missing: () => string[]): void {
  if (condition) throw refusal(missing());
}
