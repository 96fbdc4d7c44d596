import fc from 'fast-check';
import type { Code } from './code.ts';
import type { Carried } from './ledger/model-ledger.ts';
import type { Tables } from './ledger/tables.ts';
import { plans, type Plan, type Story } from './plan.ts';
import { runPlan } from './run-plan.ts';

export type SearchRequest = {
  stories: readonly Story[];
  /** Of the guard that is broken; none: all of the code is as it is. */
  mutant?: string | undefined;
  /** The invariant of design.md §4 whose violations are looked for; none: all of them. */
  invariant?: number | undefined;
  /** What is settled of every plan: chance chooses the rest. */
  given?: Partial<Plan> | undefined;
  runs: number;
  seed: number;
  /** Of a failure, as it was reported: only that run is repeated. */
  path?: string | undefined;
  /** Looks for a smaller plan that fails too. */
  shrink?: boolean;
};

export type SearchResult = {
  /** How many runs it took to find something, or were made in vain. */
  runs: number;
  /** What was violated by the smallest plan that was found; empty: nothing. */
  violations: string[];
  plan?: Plan;
  path?: string;
  /** What happened in that run, line by line. */
  told: string[];
};

/** What a ledger carried out in one run, and what it held at its end. */
export type Recorded = { carried: Carried[]; tables: Tables };

/** The statements of some runs. */
export async function record(code: Code, { stories, runs, seed }: SearchRequest): Promise<Recorded[]> {
  const records: Recorded[] = [];
  for (const plan of fc.sample(plans(stories), { seed, numRuns: runs })) {
    const { ledger } = await runPlan(code, plan, { recording: true });
    ledger.disconnect();
    records.push({ carried: ledger.carried, tables: ledger.tables });
  }
  return records;
}

/** Searches for a plan that breaks an invariant. */
export async function search(code: Code, request: SearchRequest): Promise<SearchResult> {
  const { stories, given, runs, seed, path, shrink, invariant } = request;
  const wanted = (violations: readonly string[]) =>
    violations.filter((each) => invariant === undefined || each.startsWith(`${invariant}:`));
  let first = 0;
  let made = 0;
  const property = fc.asyncProperty(plans(stories), async (drawn) => {
    const plan = { ...drawn, ...given };
    made += 1;
    const violations = wanted((await runPlan(code, plan)).violations);
    if (violations.length === 0) return;
    if (first === 0) first = made;
    throw new Error(violations.join('\n'));
  });
  const outcome = await fc.check(property, {
    numRuns: runs,
    seed,
    endOnFailure: shrink !== true,
    ...(path !== undefined && path !== '' && { path }),
    interruptAfterTimeLimit: 10 * 60_000,
  });
  const [drawn] = outcome.counterexample ?? [];
  if (!outcome.failed || drawn === undefined) return { runs: made, violations: [], told: [] };
  const plan = { ...drawn, ...given };
  const { violations, simulation } = await runPlan(code, plan, { telling: true });
  return {
    runs: first,
    violations: wanted(violations),
    plan,
    path: outcome.counterexamplePath ?? '',
    told: simulation.trace,
  };
}
