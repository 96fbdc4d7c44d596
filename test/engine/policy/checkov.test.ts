import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { scan, type Finding, type Scan } from '../../../scripts/tools/policy-scan/checkov.ts';
import { typesKnownToCheckov } from '../../../scripts/tools/policy-scan/known-types.ts';
import { readResources } from '../../../scripts/tools/policy-scan/resources.ts';
import { terraformType } from '../../../scripts/tools/policy-scan/terraform-types.ts';
import { judge, readTriage } from '../../../scripts/tools/policy-scan/triage.ts';
import { engineProject, type EngineProject } from '../../support/engine.ts';
import { standingStack } from '../../support/standing-stack.ts';

const log = (line: string) => console.log(line);

/** What checkov must see in programs/bad.ts, each by another way of naming: it proves that it sees anything. */
const SEEN: readonly (readonly [check: string, resource: string])[] = [
  // A flag, a block that comes once, a list of blocks, a document, a resource that a graph joins.
  ['CKV_AWS_7', 'aws:kms/key:Key::key'],
  ['CKV_AWS_27', 'aws:sqs/queue:Queue::queue'],
  ['CKV_AWS_79', 'aws:ec2/instance:Instance::node'],
  ['CKV_AWS_8', 'aws:ec2/instance:Instance::node'],
  ['CKV_AWS_24', 'aws:ec2/securityGroup:SecurityGroup::group'],
  ['CKV_AWS_53', 'aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock::bucket'],
  ['CKV_AWS_62', 'aws:iam/rolePolicy:RolePolicy::almighty'],
  ['CKV_AWS_60', 'aws:iam/role:Role::almighty'],
  ['CKV_AWS_70', 'aws:s3/bucketPolicy:BucketPolicy::bucket'],
  ['CKV_AWS_96', 'aws:rds/cluster:Cluster::database'],
  ['CKV_AWS_2', 'aws:lb/listener:Listener::plain'],
  ['CKV_AWS_130', 'aws:ec2/subnet:Subnet::subnet'],
  ['CKV_AWS_158', 'aws:cloudwatch/logGroup:LogGroup::logs'],
  ['CKV_AWS_145', 'aws:s3/bucket:Bucket::bucket'],
  ['CKV2_AWS_11', 'aws:ec2/vpc:Vpc::vpc'],
];

/** Among them what programs/good.ts does right: by resources of their own, which only the graph joins. */
const MENDED = ['CKV_AWS_145', 'CKV2_AWS_6', 'CKV2_AWS_11'];

/** No check of checkov's is about them. Spelt as Terraform spells them; see docs of the provider. */
const UNKNOWN_TO_CHECKOV: readonly string[] = [
  'aws_s3_bucket_inventory',
  'aws_sqs_queue_redrive_allow_policy',
];

describe('checkov', () => {
  let project: EngineProject;

  beforeAll(async () => {
    project = await engineProject();
  });
  afterAll(() => project.remove());

  const scanned = async (name: string): Promise<Scan> => {
    await project.program(await readFile(path.join(import.meta.dirname, 'programs', `${name}.ts`), 'utf8'));
    const { stdout } = await project.start('preview', '--json');
    return scan(readResources(stdout), { log });
  };

  test('sees what is bad in a preview, and all of it is high', async () => {
    const { findings } = await scanned('bad');
    const seen = findings.map(({ check, resource }) => `${check} ${resource}`);
    expect(seen).toEqual(expect.arrayContaining(SEEN.map(([check, resource]) => `${check} ${resource}`)));
    const high = judge(findings, await readTriage()).high.map(({ check }) => check);
    expect(high).toEqual(expect.arrayContaining(SEEN.map(([check]) => check)));
  });

  test('lets pass what is right', async () => {
    const { findings, passed } = await scanned('good');
    expect(passed).toBeGreaterThan(40);
    const failed = findings.map(({ check }) => check);
    expect(failed.filter((check) => [...MENDED, ...SEEN.map(([seen]) => seen)].includes(check))).toEqual([]);
  });
});

describe('checkov on the stacks, with all values known', () => {
  const findings: Finding[] = [];
  const types = new Set<string>();

  test.each(['prod', 'dev'] as const)('%s: it finds nothing high that is not justified', async (name) => {
    const stack = await standingStack(name);
    const resources = readResources(JSON.stringify({ deployment: { resources: await stack.state() } }));
    await stack.remove();
    expect(resources.length).toBeGreaterThan(300);
    for (const { type } of resources) types.add(type);
    const scanned = await scan(resources, { log });
    findings.push(...scanned.findings);
    expect(judge(scanned.findings, await readTriage()).high).toEqual([]);
    expect(scanned.passed).toBeGreaterThan(300);
  });

  test('every justification is needed by one of the stacks', async () => {
    const { unused } = judge(findings, await readTriage());
    expect(unused).toEqual([]);
  });

  test('every type of AWS has the name that checkov looks for', async () => {
    const known = await typesKnownToCheckov({ log });
    const named = [...types].flatMap((type) => terraformType(type) ?? []);
    expect(named.length).toBeGreaterThan(60);
    expect(named.filter((type) => !known.has(type) && !UNKNOWN_TO_CHECKOV.includes(type))).toEqual([]);
  });
});
