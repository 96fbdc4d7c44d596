import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pathWith } from '../../../scripts/tools/toolchain/executables.ts';
import { policyPackFor, type PolicyPackFolder } from '../../../scripts/tools/toolchain/policy-runner.ts';
import { ensurePulumi } from '../../../scripts/tools/toolchain/pulumi.ts';
import { engineProject, type EngineProject } from '../../support/engine.ts';
import { violations } from './violations.ts';

/** Which rule stops which resource of programs/bad.ts. */
const EXPECTED: Readonly<Record<string, readonly string[]>> = {
  companions: ['bucket', 'vpc'],
  'cost-owner': ['aws', 'template'],
  'deletion-protection': ['bucket', 'database', 'front', 'key', 'node'],
  encryption: ['database', 'key', 'logs', 'node', 'queue'],
  'immutable-machines': ['node'],
  'instance-metadata-v2': ['node'],
  'log-retention': ['database', 'front', 'logs'],
  'open-ingress': ['everybody', 'group'],
  'protected-state': ['bucket', 'database', 'key', 'node', 'queue'],
  'public-access': ['almighty', 'bucket', 'front', 'node', 'subnet'],
  secrets: ['database'],
  tags: ['aws'],
  'tls-only': ['database', 'plain'],
  'wildcard-iam': ['almighty'],
};

describe('the whole pack in the engine', () => {
  let project: EngineProject;
  let pack: PolicyPackFolder;
  const savedPath = process.env['PATH'] ?? '';

  beforeAll(async () => {
    pack = policyPackFor(await ensurePulumi({ log: () => {} }));
    process.env['PATH'] = pathWith(pack.binDirs);
    project = await engineProject();
  });

  afterAll(async () => {
    process.env['PATH'] = savedPath;
    await project.remove();
  });

  const program = async (name: string) =>
    project.program(await readFile(path.join(import.meta.dirname, 'programs', `${name}.ts`), 'utf8'));

  test('stops what is bad, each by the rule that is there for it', async () => {
    await program('bad');
    const { exitCode, output } = await project.pulumi('preview', '--policy-pack', pack.folder);
    expect(exitCode, output).not.toBe(0);
    expect(violations(output)).toEqual(EXPECTED);
  });

  test('lets pass what is good, before anything exists and when all values are known', async () => {
    await program('good');
    const preview = await project.pulumi('preview', '--policy-pack', pack.folder);
    expect(violations(preview.output)).toEqual({});
    expect(preview.exitCode, preview.output).toBe(0);
    const update = await project.pulumi('up', '--yes', '--skip-preview', '--policy-pack', pack.folder);
    expect(violations(update.output)).toEqual({});
    expect(update.exitCode, update.output).toBe(0);
  });
});
