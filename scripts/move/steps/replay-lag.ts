import { replayLag } from '../../ledger/operations.ts';
import { sleep } from '../../contract/wait.ts';
import { readBacklog } from '../replay/backlog.ts';
import type { PhaseContext } from './context.ts';

const LOOK_EVERY_MILLISECONDS = 500;
const SAY_EVERY_MILLISECONDS = 10_000;

/** Open operations, and the age of the oldest in seconds. */
export type Lag = { operations: number; seconds: number };

/** When waiting is given up: so long after it began, or so long after replay last came nearer. */
export type WaitEnd = { seconds: number } | { standstillSeconds: number };

/**
 * Waits until replay is no further behind than its bound, and says now and then whether it comes nearer.
 *
 * @returns null, or where waiting was given up why replay is behind and what to turn
 */
export async function waitForReplay(
  { environment, ledger, say }: Pick<PhaseContext, 'environment' | 'ledger' | 'say'>,
  end: WaitEnd,
): Promise<string | null> {
  const bound = environment.bounds.lagSeconds;
  const first = await replayLag(ledger);
  if (first.seconds <= bound) return null;
  say(`  waits for replay, which is ${first.seconds.toFixed(0)} s behind`);
  const began = performance.now();
  let least = first;
  let nearerAt = began;
  let said = { lag: first, at: began };
  for (;;) {
    await sleep(LOOK_EVERY_MILLISECONDS);
    const lag = await replayLag(ledger);
    if (lag.seconds <= bound) return null;
    const now = performance.now();
    if (comesNearer(least, lag)) nearerAt = now;
    least = {
      operations: Math.min(least.operations, lag.operations),
      seconds: Math.min(least.seconds, lag.seconds),
    };
    const waited = 'seconds' in end ? now - began : now - nearerAt;
    if (waited >= 1000 * ('seconds' in end ? end.seconds : end.standstillSeconds)) {
      const { givenUpKeys } = await readBacklog(ledger);
      return describeBehind({ first, last: lag, bound, givenUpKeys });
    }
    if (now - said.at < SAY_EVERY_MILLISECONDS) continue;
    say(`  ${describeTrend(said.lag, lag)}`);
    said = { lag, at: now };
  }
}

/** Whether replay has fewer operations before it than it had, or younger ones. */
export function comesNearer(before: Lag, now: Lag): boolean {
  return now.operations < before.operations || now.seconds < before.seconds;
}

const TO_TURN =
  'more changes come than it handles: start another worker (migrate replay --follow --concurrency 64), ' +
  'or slow the bulk copy down (migrate sync limit 100req/s)';

/** One line while replay is waited for. Pure. */
export function describeTrend(before: Lag, now: Lag): string {
  const text = `replay is ${now.seconds.toFixed(0)} s behind (${now.operations} operations)`;
  return comesNearer(before, now) ? `${text}, and falling` : `${text}, and growing: ${TO_TURN}`;
}

/** Why waiting was given up. Pure. */
export function describeBehind(facts: {
  first: Lag;
  last: Lag;
  bound: number;
  /** Keys with open operations that replay has tried too often. */
  givenUpKeys: number;
}): string {
  const { first, last, bound, givenUpKeys } = facts;
  const text = `replay is ${last.seconds.toFixed(1)} s behind (${last.operations} operations); it must be under ${bound} s`;
  if (givenUpKeys > 0) {
    return `${text}. ${givenUpKeys} keys fail again and again: see why with migrate failed, then migrate retry`;
  }
  return comesNearer(first, last)
    ? `${text}. It is falling: run this again in a while`
    : `${text}. It is growing: ${TO_TURN}`;
}
