import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pathWith } from '../../../scripts/tools/toolchain/executables.ts';
import { policyPackFor, type PolicyPackFolder } from '../../../scripts/tools/toolchain/policy-runner.ts';
import { ensurePulumi } from '../../../scripts/tools/toolchain/pulumi.ts';
import type { AwsStack, StateResource } from '../../support/aws-stack.ts';
import { firstUpdate, standingStack, type FirstUpdate } from '../../support/standing-stack.ts';
import { violations } from '../policy/violations.ts';

const EXPECTED = {
  dev: { account: '444455556666', domain: 'dev.food-co.example', resources: 350 },
  prod: { account: '111122223333', domain: 'food-co.example', resources: 400 },
};

describe.each(['dev', 'prod'] as const)('%s from nothing', (name) => {
  const { account, domain, resources } = EXPECTED[name];
  let stack: AwsStack;
  let first: FirstUpdate;
  let state: StateResource[];
  let pack: PolicyPackFolder;
  const savedPath = process.env['PATH'] ?? '';

  beforeAll(async () => {
    pack = policyPackFor(await ensurePulumi({ log: () => {} }));
    process.env['PATH'] = pathWith(pack.binDirs);
    stack = await standingStack(name);
    first = await firstUpdate(name);
    state = await stack.state();
  });
  afterAll(async () => {
    process.env['PATH'] = savedPath;
    await stack.remove();
  });

  test('makes all that the state says, and nothing else', async () => {
    const inState = state.filter(({ type }) => /^(aws|kubernetes):/.test(type)).map(({ urn }) => urn);
    const there = (await stack.recorded()).map(({ urn }) => urn);
    expect(there.sort()).toEqual(inState.sort());
    expect(there.length).toBeGreaterThan(resources);
  });

  test('says where the move is and where the images are', async () => {
    expect(await stack.outputs()).toEqual({
      phase: 'prepare',
      endpoints: {
        images: `https://images.${domain}`,
        signed: `https://signed.images.${domain}`,
        applications: [`https://images.objects.${domain}`, `https://metadata.objects.${domain}`],
      },
      stepsFunction: `storage-${name}-steps`,
      applicationsParameter: `/storage/${name}/applications`,
    });
  });

  test('both clusters are founded before the gate is asked; what the phase runs is settled last', () => {
    const told = first.calls
      .filter(({ action }) => ['ssm.SendCommand', 'lambda.Invoke'].includes(action))
      .map(({ action, input }) => (action === 'lambda.Invoke' ? input['Payload'] : input['Comment']));
    expect(told.slice(0, 2).sort()).toEqual(['Ceph cluster images', 'Ceph cluster metadata']);
    expect(told.slice(2)).toEqual([
      { action: 'enter', phase: 'prepare' },
      { action: 'settle', phase: 'prepare' },
    ]);
  });

  test('each step on hosts is sent to the first monitor of its cluster', () => {
    const idOf = (suffix: string) => state.find(({ urn }) => urn.endsWith(`::${suffix}`))?.id;
    const group = (cluster: string) => (name === 'prod' && cluster === 'images' ? 'monitor' : 'node');
    const sent = first.calls.filter(({ action }) => action === 'ssm.SendCommand');
    expect(Object.fromEntries(sent.map(({ input }) => [input['Comment'], input['InstanceIds']]))).toEqual({
      'Ceph cluster images': [idOf(`storage-images-${group('images')}-0`)],
      'Ceph cluster metadata': [idOf(`storage-metadata-${group('metadata')}-0`)],
    });
  });

  test('the images that the hosts pull are in the cache of the account before', () => {
    const from = `${account}.dkr.ecr.us-east-1.amazonaws.com/${name}-quay`;
    expect([...new Set(first.images)].sort()).toEqual([
      `${from}/ceph/ceph@sha256:${'0'.repeat(64)}`,
      `${from}/prometheus/alertmanager:v0.27.0`,
      `${from}/prometheus/node-exporter:v1.7.0`,
      `${from}/prometheus/prometheus:v2.51.0`,
    ]);
  });

  // What is known before anything exists passes in test/workflows/commands.test.ts.
  test('a second preview has nothing to change, and the policy pack stops nothing', async () => {
    const { exitCode, output } = await stack.pulumi(
      ...['preview', '--expect-no-changes', '--policy-pack', pack.folder],
    );
    expect(violations(output)).toEqual({});
    expect(exitCode, output).toBe(0);
    expect(output).toMatch(/Policies:\n\s+✅ storage@v/);
  });

  test('nobody has changed anything: looking for drift finds none', async () => {
    const { exitCode, output } = await stack.pulumi('refresh', '--preview-only', '--expect-no-changes');
    expect(exitCode, output).toBe(0);
  });

  test('neither of them ran a step', () => {
    expect(stack.calls).toEqual([]);
  });
});

test('prod owns neither a bucket of the customer nor a document of which it has only one', async () => {
  const buckets = ['food-co-images', 'food-co-metadata'];
  const stack = await standingStack('prod');
  const ofCustomer = (await stack.recorded()).filter(({ properties }) =>
    buckets.includes(String(properties['bucket'])),
  );
  await stack.remove();
  expect(
    ofCustomer.map(({ type, properties }) => [type, properties['bucket'], properties['name']]).sort(),
  ).toEqual(
    buckets
      .flatMap((bucket) => [
        ['aws:s3/bucketMetric:BucketMetric', bucket, 'storage-requests'],
        ['aws:s3/inventory:Inventory', bucket, 'storage-inventory'],
      ])
      .sort(),
  );
});
