import fc from 'fast-check';
import type { Code } from './code.ts';
import type { Carried } from './ledger/model-ledger.ts';
import { plans, type Plan, type Story } from './plan.ts';
import { runPlan } from './run-plan.ts';

export type SearchRequest = {
  stories: readonly Story[];
  /** Of the guard that is broken; none: all of the code is as it is. */
  mutant?: string | undefined;
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

/** The statements of some runs, as the model's ledger carried them out. */
export async function record(code: Code, { stories, runs, seed }: SearchRequest): Promise<Carried[][]> {
  const records: Carried[][] = [];
  for (const plan of fc.sample(plans(stories), { seed, numRuns: runs })) {
    const { ledger } = await runPlan(code, plan, { recording: true });
    records.push(ledger.carried);
  }
  return records;
}

/** Searches for a plan that breaks an invariant. */
export async function search(code: Code, request: SearchRequest): Promise<SearchResult> {
  const { stories, runs, seed, path, shrink } = request;
  let first = 0;
  let made = 0;
  const property = fc.asyncProperty(plans(stories), async (plan) => {
    made += 1;
    const { violations } = await runPlan(code, plan);
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
  const [plan] = outcome.counterexample ?? [];
  if (!outcome.failed || plan === undefined) return { runs: made, violations: [], told: [] };
  const { violations, simulation } = await runPlan(code, plan, { telling: true });
  return {
    runs: first,
    violations,
    plan,
    path: outcome.counterexamplePath ?? '',
    told: simulation.trace,
  };
}
