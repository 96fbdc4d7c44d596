import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'vitest';
import { engineProject, type EngineProject } from './engine.ts';

/** A project whose programs are made of commands that write down what they did. */
export type CommandProject = {
  project: EngineProject;
  /** The file in which the commands write; `diary` in the program. */
  diary: string;
  /** What the commands wrote, line by line. */
  entries: () => Promise<string[]>;
  /** Replaces the program by one with these resources and outputs. */
  program: (body: string) => Promise<void>;
  /** Runs such a program with `pulumi up` and returns what that printed. */
  up: (body: string) => Promise<string>;
  /** The same for one that has to fail. */
  failingUp: (body: string) => Promise<string>;
};

export async function commandProject(): Promise<CommandProject> {
  const project = await engineProject();
  const diary = path.join(project.folder, 'diary');
  await writeFile(diary, '');
  const program = (body: string) =>
    project.program(
      `import pulumi from '@pulumi/pulumi';\nimport { local, remote } from '@pulumi/command';\nvoid pulumi; void local; void remote;\nconst diary = '${diary}';\n${body}`,
    );
  const run = async (body: string) => {
    await program(body);
    return project.pulumi('up', '--yes', '--skip-preview');
  };
  return {
    project,
    diary,
    program,
    entries: async () => (await readFile(diary, 'utf8')).split('\n').filter((line) => line !== ''),
    up: async (body) => {
      const { exitCode, output } = await run(body);
      expect(exitCode, output).toBe(0);
      return output;
    },
    failingUp: async (body) => {
      const { exitCode, output } = await run(body);
      expect(exitCode, output).not.toBe(0);
      return output;
    },
  };
}
