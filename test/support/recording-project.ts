import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'vitest';
import { changesBetween } from '../../scripts/tools/stand-ins/changes.ts';
import { recordedResources, type Recorded } from '../../scripts/tools/stand-ins/records.ts';
import { engineProject, type EngineProject } from './engine.ts';

/** One step that the engine would take, or has taken, of a resource that is not left as it is. */
export type Change = {
  urn: string;
  type: string;
  name: string;
  /** As the engine names it: create, update, delete, replace, refresh … */
  op: string;
  /** The inputs that change: `tags.Name`, `subnetIds[0]`. */
  diff: string[];
  /** Those of them that take a new resource. */
  replaces: string[];
};

/** A project whose programs use AWS and Kubernetes, and the resources that the plugins record. */
export type RecordingProject = {
  project: EngineProject;
  program: (body: string) => Promise<void>;
  /** `pulumi up` with that program, which has to succeed. Returns what it printed. */
  up: (body: string, ...args: string[]) => Promise<string>;
  /** The same for one that has to fail. */
  failing: (body: string, ...args: string[]) => Promise<string>;
  /** What `pulumi preview` of that program would change. */
  preview: (body: string, ...args: string[]) => Promise<Change[]>;
  recorded: () => Promise<Recorded[]>;
  /** Changes what is really there of one resource; null removes it. */
  tamper: (name: string, change: (properties: Record<string, unknown>) => void | null) => Promise<void>;
};

const PREAMBLE = `import * as pulumi from '@pulumi/pulumi';
import * as aws from '@pulumi/aws';
import * as k8s from '@pulumi/kubernetes';
void pulumi; void aws; void k8s;
`;

export async function recordingProject(): Promise<RecordingProject> {
  const project = await engineProject();
  const folder = path.join(project.folder, 'recorded');
  const program = (body: string) => project.program(PREAMBLE + body);
  const run = async (body: string, args: string[]) => {
    await program(body);
    return project.pulumi(...args);
  };
  return {
    project,
    program,
    up: async (body, ...args) => {
      const { exitCode, output } = await run(body, ['up', '--yes', '--skip-preview', ...args]);
      expect(exitCode, output).toBe(0);
      return output;
    },
    failing: async (body, ...args) => {
      const { exitCode, output } = await run(
        body,
        args.length === 0 ? ['up', '--yes', '--skip-preview'] : args,
      );
      expect(exitCode, output).not.toBe(0);
      return output;
    },
    preview: async (body, ...args) => {
      const { exitCode, output } = await run(body, ['preview', '--json', ...args]);
      expect(exitCode, exitCode === 0 ? '' : errorsIn(output)).toBe(0);
      return changesIn(output);
    },
    recorded: async () => (await recordedResources(folder, 'test')).map(({ recorded }) => recorded),
    tamper: (name, change) => tamper(folder, 'test', name, change),
  };
}

/** Changes, or removes, what the plugins have recorded of the one resource of that name in the program. */
export async function tamper(
  folder: string,
  stack: string,
  name: string,
  change: (properties: Record<string, unknown>) => void | null,
): Promise<void> {
  const all = await recordedResources(folder, stack);
  const found = all.filter(({ recorded }) => recorded.urn.endsWith(`::${name}`));
  const [one, ...others] = found;
  if (one === undefined || others.length > 0) {
    throw new Error(`There are ${found.length} recorded resources named ${name}; one is needed.`);
  }
  if (change(one.recorded.properties) === null) {
    await rm(one.file);
  } else {
    await writeFile(one.file, JSON.stringify(one.recorded));
  }
}

type Step = {
  op: string;
  urn: string;
  detailedDiff?: Record<string, { kind: string }> | null;
  oldState?: { inputs?: Record<string, unknown> };
  newState?: { inputs?: Record<string, unknown> };
};

/**
 * The steps, by URN, in what `pulumi preview --json` printed, without those that leave everything as it is. With
 * `--refresh`, a step `refresh` of each resource is among them.
 */
export function changesIn(output: string): Change[] {
  const { steps = [] } = JSON.parse(output.slice(output.indexOf('{\n'))) as { steps?: Step[] };
  return (
    steps
      .filter(({ op }) => op !== 'same' && op !== 'read')
      .map(({ urn, op, detailedDiff, oldState, newState }) => ({
        urn,
        type: urn.split('::')[2]?.split('$').at(-1) ?? '',
        name: urn.split('::').slice(3).join('::'),
        op,
        diff: detailedDiff ? Object.keys(detailedDiff) : changedInputs(oldState?.inputs, newState?.inputs),
        replaces: Object.entries(detailedDiff ?? {})
          .filter(([, { kind }]) => kind.endsWith('-replace'))
          .map(([name]) => name),
      }))
      // The engine takes what does not depend on one another in any order.
      .sort((a, b) => (a.urn < b.urn ? -1 : 1))
  );
}

/** For a provider that does not tell the engine what differs: the stand-in of `command`. */
function changedInputs(olds?: Record<string, unknown>, news?: Record<string, unknown>): string[] {
  if (olds === undefined || news === undefined) return [];
  return changesBetween(olds, news).map(({ path: name }) => name);
}

/** What went wrong in a `pulumi preview --json`, without the steps. */
export function errorsIn(output: string): string {
  const { diagnostics = [] } = JSON.parse(output.slice(output.indexOf('{\n'))) as {
    diagnostics?: { severity: string; message: string }[];
  };
  const errors = diagnostics.filter(({ severity }) => severity === 'error').map(({ message }) => message);
  return errors.length === 0 ? output : errors.join('\n');
}
