/** What a run of vitest leaves behind: reporter.ts writes it to a file. */
export type Report = { files: FileReport[] };

export type FileReport = {
  /** From the root of the checkout. */
  name: string;
  state: string;
  /** Hooks and imports: all that the file took beside its tests. */
  setUpSeconds: number;
  /** What went wrong outside any test: an import, a hook. */
  errors: string[];
  tests: { name: string; state: string; seconds: number; errors: string[] }[];
};

export type Count = { passed: number; failed: number; skipped: number };
export type Timing = { name: string; seconds: number };

/**
 * Counts what passed and what failed. A test that did not run (skipped, to do, or its set-up failed) has
 * failed; so has a file that could not be loaded or has no test, and a run without files.
 *
 * @param isCut the run was stopped at its time limit: what did not run by then is skipped
 */
export function countTests({ files }: Report, { isCut = false } = {}): Count {
  const total: Count = { passed: 0, failed: 0, skipped: 0 };
  if (files.length === 0) total[isCut ? 'skipped' : 'failed'] = 1;
  for (const { state, tests } of files) {
    const passed = tests.filter((test) => test.state === 'passed').length;
    const ran = isCut ? passed + tests.filter((test) => test.state === 'failed').length : tests.length;
    const failed = ran - passed;
    const failedAsAWhole =
      failed === 0 && (state === 'failed' || (!isCut && (state !== 'passed' || passed === 0)));
    total.passed += passed;
    total.failed += failed + (failedAsAWhole ? 1 : 0);
    total.skipped += tests.length - ran;
    if (isCut && tests.length === 0 && state !== 'failed') total.skipped += 1;
  }
  return total;
}

/** The line that a run ends with. */
export function lineOf({ passed, failed, skipped }: Count): string {
  return `${passed} passed, ${failed} failed${skipped === 0 ? '' : `, ${skipped} skipped`}`;
}

/** What failed and why, in as many lines as a reader of a log's end needs. */
export function failuresOf({ files }: Report): string[] {
  const line = (name: string, errors: readonly string[]) =>
    [name, ...errors.map((error) => `    ${error.split('\n').slice(0, 6).join('\n    ')}`)].join('\n');
  return files.flatMap((file) => [
    ...(file.errors.length > 0 ? [line(file.name, file.errors)] : []),
    ...file.tests
      .filter(({ state }) => state === 'failed')
      .map(({ name, errors }) => line(`${file.name}: ${name}`, errors)),
  ]);
}

/** Every test, and what each file took to set up. */
export function timingsOf({ files }: Report): Timing[] {
  return files.flatMap((file) => [
    { name: `${file.name}: set-up`, seconds: file.setUpSeconds },
    ...file.tests.map(({ name, seconds }) => ({ name: `${file.name}: ${name}`, seconds })),
  ]);
}

/** The so many that took longest, a line each. */
export function slowest(timings: readonly Timing[], most: number): string[] {
  return timings
    .toSorted((a, b) => b.seconds - a.seconds)
    .slice(0, most)
    .map(({ name, seconds }) => `${seconds.toFixed(1).padStart(7)} s  ${name}`);
}
