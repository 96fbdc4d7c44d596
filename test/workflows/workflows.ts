import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'yaml';

export const root = path.resolve(import.meta.dirname, '../..');
export const folder = path.join(root, '.github/workflows');

export type Step = {
  id?: string;
  name?: string;
  uses?: string;
  run?: string;
  with?: Record<string, string | number | boolean>;
  env?: Record<string, string>;
};
export type Job = {
  uses?: string;
  with?: Record<string, string>;
  permissions?: Record<string, string>;
  environment?: string;
  needs?: string;
  env?: Record<string, string>;
  strategy?: { matrix: Record<string, string[]> };
  concurrency?: { group: string; 'cancel-in-progress': boolean | string };
  'timeout-minutes'?: number;
  steps?: Step[];
};
export type Workflow = {
  file: string;
  text: string;
  on: Record<string, unknown>;
  permissions: Record<string, string>;
  concurrency?: { group: string; 'cancel-in-progress': boolean | string };
  jobs: Record<string, Job>;
};

/** All workflows of this repository, by the names of their files. */
export async function workflows(): Promise<Workflow[]> {
  const files = (await readdir(folder)).toSorted();
  return Promise.all(
    files.map(async (file) => {
      const text = await readFile(path.join(folder, file), 'utf8');
      return { file, text, ...(parse(text) as Omit<Workflow, 'file' | 'text'>) };
    }),
  );
}

/** Every step of a workflow, with the job that it belongs to. */
export function stepsOf(workflow: Workflow): { job: Job; step: Step }[] {
  return Object.values(workflow.jobs).flatMap((job) => (job.steps ?? []).map((step) => ({ job, step })));
}

/**
 * A text with its `${{ … }}` replaced by what `values` says. Throws for an expression that has no value: a
 * test must not run a command with a hole in it.
 */
export function filledIn(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/\$\{\{\s*(.+?)\s*\}\}/g, (whole, expression: string) => {
    const value = values[expression];
    if (value === undefined) throw new Error(`Nothing is known of ${whole}`);
    return value;
  });
}
