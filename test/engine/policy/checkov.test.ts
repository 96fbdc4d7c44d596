import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { scan, type Scan } from '../../../scripts/tools/policy-scan/checkov.ts';
import { readResources } from '../../../scripts/tools/policy-scan/resources.ts';
import { judge, readTriage } from '../../../scripts/tools/policy-scan/triage.ts';
import { engineProject, type EngineProject } from '../../support/engine.ts';

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
