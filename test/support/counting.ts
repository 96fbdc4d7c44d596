/** The part of vitest's JSON report that we read. */
export type Report = {
  testResults: {
    /** The file. */
    name: string;
    status: string;
    assertionResults: { status: string }[];
  }[];
};

export type Count = { passed: number; failed: number };

/**
 * Counts what passed and what failed. A test that did not run (skipped, to do, or its set-up failed) has
 * failed; so has a file that could not be loaded or has no test, and a run without files.
 */
export function countTests(report: Report): Count {
  const total: Count = { passed: 0, failed: report.testResults.length === 0 ? 1 : 0 };
  for (const file of report.testResults) {
    const passed = file.assertionResults.filter((test) => test.status === 'passed').length;
    const failed = file.assertionResults.length - passed;
    const failedAsAWhole = failed === 0 && (file.status !== 'passed' || passed === 0);
    total.passed += passed;
    total.failed += failed + (failedAsAWhole ? 1 : 0);
  }
  return total;
}
