import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import type { Reporter, TestModule, Vitest } from 'vitest/node';
import type { FileReport, Report } from './counting.ts';

/** The file that a run of vitest with this reporter writes its report to. */
export const REPORT_VARIABLE = 'STORAGE_TEST_REPORT';
/** When the run must stop, in milliseconds since 1970. Default: when it is done. */
export const DEADLINE_VARIABLE = 'STORAGE_TEST_DEADLINE';

/** Writes what ran, how it ended and how long it took, as JSON: vitest's own report leaves set-ups out. */
export default class FileReporter implements Reporter {
  /** Stops the run at its deadline: the test under way ends, and environments are taken down. */
  onInit(vitest: Vitest): void {
    const deadline = process.env[DEADLINE_VARIABLE];
    if (deadline === undefined) return;
    const stop = () => void vitest.cancelCurrentRun('keyboard-input');
    setTimeout(stop, Math.max(0, Number(deadline) - Date.now())).unref();
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    const file = process.env[REPORT_VARIABLE];
    if (file === undefined) throw new Error(`${REPORT_VARIABLE} is not set`);
    writeFileSync(file, JSON.stringify({ files: modules.map(fileReport) } satisfies Report));
  }
}

function fileReport(module: TestModule): FileReport {
  const tests = [...module.children.allTests()].map((test) => ({
    name: test.fullName,
    state: test.result().state,
    seconds: (test.diagnostic()?.duration ?? 0) / 1000,
    errors: messagesOf(test.result().errors),
  }));
  const { collectDuration, duration } = module.diagnostic();
  const inTests = tests.reduce((sum, { seconds }) => sum + seconds, 0);
  return {
    name: path.relative(process.cwd(), module.moduleId),
    state: module.state(),
    // Tests that run side by side take longer together than their file does.
    setUpSeconds: Math.max(0, (collectDuration + duration) / 1000 - inTests),
    errors: [module, ...module.children.allSuites()].flatMap((suite) => messagesOf(suite.errors())),
    tests,
  };
}

function messagesOf(errors: readonly { message: string }[] | undefined): string[] {
  return (errors ?? []).map(({ message }) => stripVTControlCharacters(message));
}
