import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ENCRYPTED } from '../../../infra/policy/rules/encryption.ts';
import { HOLDS_STATE } from '../../../infra/policy/rules/protected-state.ts';
import { scan, type Finding } from '../../../scripts/policy/checkov.ts';
import { typesKnownToCheckov } from '../../../scripts/policy/known-types.ts';
import { readResources, type StackResource } from '../../../scripts/policy/resources.ts';
import { terraformType } from '../../../scripts/policy/terraform-types.ts';
import { judge, readTriage } from '../../../scripts/policy/triage.ts';
import { pathWith } from '../../../scripts/toolchain/executables.ts';
import { policyPackFor, type PolicyPackFolder } from '../../../scripts/toolchain/policy-runner.ts';
import { ensurePulumi } from '../../../scripts/toolchain/pulumi.ts';
import { awsStack, type AwsStack, type StateResource } from '../../support/aws-stack.ts';
import { takesKey } from './keyed-types.ts';
import { violations } from './violations.ts';

const log = (line: string) => console.log(line);

/** They are told keys of other things: they store nothing themselves. */
const STORES_NOTHING: readonly string[] = [];

/** No check of checkov's is about them. Spelt as Terraform spells them; see docs of the provider. */
const UNKNOWN_TO_CHECKOV: readonly string[] = [];

const findings: Record<string, Finding[]> = {};

describe.each(['prod', 'dev'] as const)('%s under the policy pack', (name) => {
  const savedPath = process.env['PATH'] ?? '';
  let stack: AwsStack;
  let pack: PolicyPackFolder;
  let state: StateResource[];
  let resources: StackResource[];

  beforeAll(async () => {
    pack = policyPackFor(await ensurePulumi({ log }));
    process.env['PATH'] = pathWith(pack.binDirs);
    stack = await awsStack(name);
  });
  afterAll(async () => {
    process.env['PATH'] = savedPath;
    await stack.remove();
  });

  test('a preview from nothing passes', async () => {
    const { exitCode, output } = await stack.pulumi('preview', '--policy-pack', pack.folder);
    expect(violations(output)).toEqual({});
    expect(exitCode, output).toBe(0);
  });

  test('an update, in which all values are known, passes', async () => {
    const { exitCode, output } = await stack.pulumi(
      ...['up', '--yes', '--skip-preview', '--policy-pack', pack.folder],
    );
    expect(violations(output)).toEqual({});
    expect(exitCode, output).toBe(0);
    state = await stack.state();
    resources = readResources(JSON.stringify({ deployment: { resources: state } }));
    expect(resources.length).toBeGreaterThan(300);
  });

  test('checkov finds nothing high that is not justified', async () => {
    const scanned = await scan(resources, { log });
    findings[name] = scanned.findings;
    expect(judge(scanned.findings, await readTriage()).high).toEqual([]);
    expect(scanned.passed).toBeGreaterThan(300);
  });

  test('every type of AWS has the name that checkov looks for', async () => {
    const known = await typesKnownToCheckov({ log });
    const types = new Set(resources.flatMap(({ type }) => terraformType(type) ?? []));
    expect([...types].filter((type) => !known.has(type) && !UNKNOWN_TO_CHECKOV.includes(type))).toEqual([]);
  });

  test('the rule about encryption knows every type that is told a key', async () => {
    const types = [...new Set(resources.map(({ type }) => type))].filter((type) => type.startsWith('aws:'));
    const keyed = await Promise.all(types.map(async (type) => ((await takesKey(type)) ? [type] : [])));
    const unheardOf = keyed.flat().filter((type) => !(type in ENCRYPTED) && !STORES_NOTHING.includes(type));
    expect(unheardOf).toEqual([]);
  });

  test('what holds state is kept when it leaves the program, in prod', () => {
    const holding = state.filter(({ type }) => HOLDS_STATE.includes(type));
    expect(holding.length).toBeGreaterThan(10);
    const kept = holding.filter(({ protect, retainOnDelete }) => protect === true && retainOnDelete === true);
    expect(kept.length).toBe(name === 'prod' ? holding.length : 0);
  });

  test('the role that updates may make every role, policy and profile, by its name', async () => {
    const template = await readFile(
      path.resolve(import.meta.dirname, '../../../docs/bootstrap/environment.yaml'),
      'utf8',
    );
    const patterns = [...template.matchAll(/AccountId\}:((?:role|policy|instance-profile)\/\S+\*)$/gm)]
      .map(([, pattern = '']) => pattern.replace('${Environment}', name))
      .map((pattern) => new RegExp(`^${pattern.replaceAll('*', '.*')}$`));
    expect(patterns.length).toBeGreaterThanOrEqual(6);
    const kinds: Record<string, string> = {
      'aws:iam/role:Role': 'role',
      'aws:iam/policy:Policy': 'policy',
      'aws:iam/instanceProfile:InstanceProfile': 'instance-profile',
    };
    const made = state.flatMap(({ type, outputs }) =>
      type in kinds
        ? [`${kinds[type] ?? ''}${(outputs?.['path'] ?? '/') as string}${String(outputs?.['name'])}`]
        : [],
    );
    expect(made.length).toBeGreaterThan(5);
    expect(made.filter((identity) => !patterns.some((pattern) => pattern.test(identity)))).toEqual([]);
  });
});

test('every justification is needed by one of the stacks', async () => {
  const { unused } = judge(Object.values(findings).flat(), await readTriage());
  expect(unused).toEqual([]);
});
