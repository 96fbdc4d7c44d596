import type { Usage } from './measured.ts';
import type { Stand } from './stand.ts';

/** One of those that do the same work. */
export type Contestant = {
  name: string;
  /** Makes room for a run; not measured. */
  before?: () => Promise<void>;
  run: () => Promise<Usage>;
  /** Proves that the work was done; not measured. Throws where it was not. */
  after?: () => Promise<void>;
};

/** `storesCpuSeconds`: processor time of both stores' daemons meanwhile; NaN where there are none. */
export type Run = Usage & { storesCpuSeconds: number };
export type Standing = { name: string; runs: Run[] };

/**
 * Lets everybody do the work in turn, so that a machine whose speed drifts is as slow for one as for the
 * other, after one round that does not count.
 */
export async function contest(
  contestants: readonly Contestant[],
  options: { rounds: number; stand: Pick<Stand, 'storesCpuSeconds'>; log: (line: string) => void },
): Promise<Standing[]> {
  const standings = contestants.map(({ name }): Standing => ({ name, runs: [] }));
  for (let round = 0; round <= options.rounds; round += 1) {
    for (const [index, { name, before, run, after }] of contestants.entries()) {
      await before?.();
      const storesBefore = await options.stand.storesCpuSeconds();
      const usage = await run();
      const storesCpuSeconds = (await options.stand.storesCpuSeconds()) - storesBefore;
      await after?.();
      const what = round === 0 ? 'warm-up' : `round ${round}`;
      options.log(
        `  ${what}, ${name}: ${usage.seconds.toFixed(2)} s, ${usage.cpuSeconds.toFixed(2)} s of processor`,
      );
      if (round > 0) standings[index]?.runs.push({ ...usage, storesCpuSeconds });
    }
  }
  return standings;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2;
}

export function medianOf(standing: Standing, pick: (run: Run) => number): number {
  return median(standing.runs.map(pick));
}

/** The median of the ratios round by round: what a drift of the machine disturbs least. */
export function ratio(of: Standing, to: Standing, pick: (run: Run) => number): number {
  return median(of.runs.map((run, round) => pick(run) / pick(to.runs[round] ?? run)));
}
