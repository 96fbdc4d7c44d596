import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AwsStack } from '../../support/aws-stack.ts';
import { linesOf, plansSent } from '../../support/changes.ts';
import { standingStack } from '../../support/standing-stack.ts';

/**
 * A node of Ceph that stops comes back with empty disks: what an update does to nodes is held here against
 * what the runbooks (docs/runbooks/ceph-*.md) promise. One stack, in the order of its life.
 */
const INSTANCE = 'aws:ec2/instance:Instance';
const NEWER_IMAGE = 'ami-0123456789abcdef0';
const NEWER_CEPH = `quay.io/ceph/ceph@sha256:${'1'.repeat(64)}`;

let stack: AwsStack;

beforeAll(async () => {
  stack = await standingStack('prod');
});
afterAll(() => stack.remove());

/** The machines, by name, as they were made. */
async function machines(): Promise<Map<string, { id: string; properties: Record<string, unknown> }>> {
  const instances = (await stack.recorded()).filter(({ type }) => type === INSTANCE);
  return new Map(
    instances.map(({ urn, id, properties }) => [urn.split('::').at(-1) ?? '', { id, properties }]),
  );
}

test('neither a newer machine image nor another text of user data touches a node', async () => {
  const token = 'aws:ssm/getParameter:getParameter';
  await stack.functionAnswers({ [token]: { value: NEWER_IMAGE, insecureValue: NEWER_IMAGE } });
  let rewritten = 0;
  await stack.rewriteState(({ type, inputs, outputs }) => {
    if (type !== INSTANCE || inputs === undefined || outputs === undefined) return;
    inputs['userData'] = outputs['userData'] = '#!/bin/sh\necho as it was before\n';
    rewritten += 1;
  });
  expect(rewritten).toBe(24);
  expect(linesOf(await stack.preview())).toEqual([]);
});

test('more nodes: only they are made, and the step gets their addresses', async () => {
  const before = await machines();
  await stack.setConfig(['ceph', 'images', 'nodeGroups', 1, 'count'], 4);
  await stack.setConfig(['ceph', 'images', 'nodeGroups', 3, 'count'], 15);
  expect(linesOf(await stack.preview())).toEqual([
    'create storage-images-cold-12',
    'create storage-images-cold-12-status',
    'create storage-images-cold-13',
    'create storage-images-cold-13-status',
    'create storage-images-cold-14',
    'create storage-images-cold-14-status',
    'create storage-images-gateway-3',
    'create storage-images-gateway-3-status',
    'create storage-images-gateways-gateway-3',
    'update storage-images-step-apply: stdin',
    'update storage-images-watch-0: targets.values',
  ]);
  await stack.up();
  const after = await machines();
  for (const [name, machine] of before) expect(after.get(name), name).toEqual(machine);
  expect(after.size).toBe(before.size + 4);
  expect(after.get('storage-images-cold-14')?.properties['ami']).toBe(NEWER_IMAGE);
  expect(after.get('storage-images-cold-14')?.properties['disableApiStop']).toBe(true);
  const plans = plansSent(stack.calls);
  expect(plans.map(({ cluster, hosts }) => [cluster, hosts.length])).toEqual([['images', 25]]);
  expect(plans[0]?.hosts).toContainEqual({
    name: 'cold-14',
    address: after.get('storage-images-cold-14')?.properties['privateIp'],
  });
});

test('a node that AWS has terminated is made again, under its name and in its zone', async () => {
  const before = await machines();
  const lost = ['storage-images-cold-5', 'storage-images-gateway-1'];
  for (const name of lost) await stack.tamper(name, () => null);
  expect(linesOf(await stack.preview('--refresh'))).toEqual([
    'create storage-images-cold-5',
    'create storage-images-gateway-1',
    'replace storage-images-gateways-gateway-1: targetId',
    'update storage-images-cold-5-status: dimensions.InstanceId',
    'update storage-images-gateway-1-status: dimensions.InstanceId',
    'update storage-images-step-apply: stdin',
    'update storage-images-watch-0: targets.values',
  ]);
  const told = stack.calls.length;
  await stack.up('--refresh');
  const after = await machines();
  expect([...after.keys()].sort()).toEqual([...before.keys()].sort());
  for (const [name, machine] of before) {
    if (!lost.includes(name)) expect(after.get(name), name).toEqual(machine);
  }
  for (const name of lost) {
    expect(after.get(name)?.id).not.toBe(before.get(name)?.id);
    expect(after.get(name)?.properties['subnetId']).toBe(before.get(name)?.properties['subnetId']);
  }
  expect(plansSent(stack.calls.slice(told)).map(({ cluster }) => cluster)).toEqual(['images']);
  expect(linesOf(await stack.preview())).toEqual([]);
});

test('another Ceph: the step of each cluster goes over to it, no machine is touched', async () => {
  const before = await machines();
  const told = stack.calls.length;
  await stack.setConfig('cephImage', NEWER_CEPH);
  expect(linesOf(await stack.preview())).toEqual([
    'update storage-images-step-apply: stdin',
    'update storage-metadata-step-apply: stdin',
  ]);
  await stack.up();
  expect(await machines()).toEqual(before);
  const plans = plansSent(stack.calls.slice(told));
  expect(plans.map(({ cluster }) => cluster).sort()).toEqual(['images', 'metadata']);
  const cached = `111122223333.dkr.ecr.us-east-1.amazonaws.com/prod-quay/ceph/ceph@sha256:${'1'.repeat(64)}`;
  expect(plans.map(({ images }) => images.ceph)).toEqual([cached, cached]);
  expect(stack.images).toContain(cached);
});

test('a node that is still there is replaced only after its protection was taken off by name', async () => {
  const node = (await stack.state()).find(({ urn }) => urn.endsWith('::storage-images-cold-3'));
  const urn = node?.urn ?? '';
  const refused = await stack.pulumi('preview', '--replace', urn);
  expect(refused.exitCode, refused.output).not.toBe(0);
  expect(refused.output).toMatch(/storage-images-cold-3"?\s[^]*marked for protection/);

  const unprotected = await stack.pulumi('state', 'unprotect', urn, '--yes');
  expect(unprotected.exitCode, unprotected.output).toBe(0);
  expect(linesOf(await stack.preview('--replace', urn))).toEqual([
    'replace storage-images-cold-3',
    'update storage-images-cold-3-status: dimensions.InstanceId',
    'update storage-images-step-apply: stdin',
    'update storage-images-watch-0: targets.values',
  ]);
});
