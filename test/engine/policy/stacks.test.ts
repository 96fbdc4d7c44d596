import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ENCRYPTED } from '../../../infra/policy/rules/encryption.ts';
import { HOLDS_STATE } from '../../../infra/policy/rules/protected-state.ts';
import { scan, type Finding } from '../../../scripts/tools/policy-scan/checkov.ts';
import { typesKnownToCheckov } from '../../../scripts/tools/policy-scan/known-types.ts';
import { readResources, type StackResource } from '../../../scripts/tools/policy-scan/resources.ts';
import { terraformType } from '../../../scripts/tools/policy-scan/terraform-types.ts';
import { judge, readTriage } from '../../../scripts/tools/policy-scan/triage.ts';
import { pathWith } from '../../../scripts/tools/toolchain/executables.ts';
import { policyPackFor, type PolicyPackFolder } from '../../../scripts/tools/toolchain/policy-runner.ts';
import { ensurePulumi } from '../../../scripts/tools/toolchain/pulumi.ts';
import type { AwsStack, StateResource } from '../../support/aws-stack.ts';
import { standingStack } from '../../support/standing-stack.ts';
import { takesKey } from './keyed-types.ts';
import { violations } from './violations.ts';

const log = (line: string) => console.log(line);

/** They may be told a key and store nothing: a mapping has one for its filters, of which there are none. */
const STORES_NOTHING: readonly string[] = ['aws:lambda/eventSourceMapping:EventSourceMapping'];

/** No check of checkov's is about them. Spelt as Terraform spells them; see docs of the provider. */
const UNKNOWN_TO_CHECKOV: readonly string[] = [
  'aws_s3_bucket_inventory',
  'aws_sqs_queue_redrive_allow_policy',
];

const findings: Record<string, Finding[]> = {};
const types = new Set<string>();

describe.each(['prod', 'dev'] as const)('%s under the policy pack', (name) => {
  const savedPath = process.env['PATH'] ?? '';
  let stack: AwsStack;
  let pack: PolicyPackFolder;
  let state: StateResource[];
  let resources: StackResource[];

  beforeAll(async () => {
    pack = policyPackFor(await ensurePulumi({ log }));
    process.env['PATH'] = pathWith(pack.binDirs);
    stack = await standingStack(name);
    state = await stack.state();
    resources = readResources(JSON.stringify({ deployment: { resources: state } }));
    expect(resources.length).toBeGreaterThan(300);
    for (const { type } of resources) types.add(type);
  });
  afterAll(async () => {
    process.env['PATH'] = savedPath;
    await stack.remove();
  });

  // What is known before anything stands passes in test/workflows/commands.test.ts.
  test('nothing that stands is stopped, with all values known', async () => {
    const { exitCode, output } = await stack.pulumi('preview', '--policy-pack', pack.folder);
    expect(violations(output)).toEqual({});
    expect(exitCode, output).toBe(0);
    expect(output).toMatch(/Policies:\n\s+✅ storage@v/);
  });

  test('checkov finds nothing high that is not justified', async () => {
    const scanned = await scan(resources, { log });
    findings[name] = scanned.findings;
    expect(judge(scanned.findings, await readTriage()).high).toEqual([]);
    expect(scanned.passed).toBeGreaterThan(300);
  });

  test('the rule about encryption knows every type that is told a key', async () => {
    const told = [...new Set(resources.map(({ type }) => type))].filter((type) => type.startsWith('aws:'));
    const keyed = await Promise.all(told.map(async (type) => ((await takesKey(type)) ? [type] : [])));
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

test('every type of AWS has the name that checkov looks for', async () => {
  const known = await typesKnownToCheckov({ log });
  const named = [...types].flatMap((type) => terraformType(type) ?? []);
  expect(named.length).toBeGreaterThan(60);
  expect(named.filter((type) => !known.has(type) && !UNKNOWN_TO_CHECKOV.includes(type))).toEqual([]);
});
