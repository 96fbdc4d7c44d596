import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AwsStack } from '../../support/aws-stack.ts';
import { linesOf } from '../../support/changes.ts';
import { standingStack } from '../../support/standing-stack.ts';

type Live = Record<string, unknown>;

/** What somebody did by hand in prod, by the resource's name in the program; and what an update would do. */
const BY_HAND: Record<string, { tamper: (live: Live) => void | null; mending: string }> = {
  'storage-images-traffic-ssh-in': {
    tamper: (live) => void (live['toPort'] = 65_535),
    mending: 'update storage-images-traffic-ssh-in: toPort',
  },
  'storage-inventory-private': {
    tamper: (live) => void (live['blockPublicPolicy'] = false),
    mending: 'update storage-inventory-private: blockPublicPolicy',
  },
  'prod-key-volumes': {
    tamper: (live) => void (live['enableKeyRotation'] = false),
    mending: 'update prod-key-volumes: enableKeyRotation',
  },
  'prod-database-cluster': {
    tamper: (live) => void (live['backupRetentionPeriod'] = 1),
    mending: 'update prod-database-cluster: backupRetentionPeriod',
  },
  'storage-images-cold-3-status': {
    tamper: () => null,
    mending: 'create storage-images-cold-3-status',
  },
  'storage-cache-tier-stateful-set': {
    tamper: (live) => {
      const { template } = live['spec'] as { template: { spec: { containers: [{ image: string }] } } };
      template.spec.containers[0].image = 'docker.io/library/nginx:latest';
    },
    mending: 'update storage-cache-tier-stateful-set: spec.template.spec.containers.image',
  },
};
/** A node of Ceph: to go back would stop it. */
const NODE = 'storage-images-hot-1';
const MENDING_NODE = `update ${NODE}: instanceType`;

/** As scripts/tools/ci/drift.ts looks, every day. */
const LOOK = ['preview', '--refresh', '--expect-no-changes', '--diff'];

let stack: AwsStack;
let nodeType: unknown;

beforeAll(async () => {
  stack = await standingStack('prod');
});
afterAll(() => stack.remove());

test('what changes by itself while all is well is no drift', async () => {
  await stack.tamper('storage-cache-tier-stateful-set', (live) => {
    (live['spec'] as Live)['replicas'] = 7;
  });
  await stack.tamper('storage-copy-nodes-group-nodes', (live) => {
    (live['scalingConfig'] as Live)['desiredSize'] = 13;
  });
  await stack.tamper('storage-applications-document', (live) => {
    live['value'] = JSON.stringify({ version: 4, state: 's3' });
    live['version'] = 4;
  });
  const { exitCode, output } = await stack.pulumi(...LOOK);
  expect(exitCode, output).toBe(0);
});

test('what somebody changed by hand is found, and named', async () => {
  for (const [name, { tamper }] of Object.entries(BY_HAND)) await stack.tamper(name, tamper);
  await stack.tamper(NODE, (live) => {
    nodeType = live['instanceType'];
    live['instanceType'] = 'i3en.xlarge';
  });
  const { exitCode, output } = await stack.pulumi(...LOOK);
  expect(exitCode, output).toBe(7);
  for (const name of [...Object.keys(BY_HAND), NODE]) expect(output).toContain(`::${name}]`);

  const refresh = await stack.pulumi('refresh', '--preview-only', '--expect-no-changes');
  expect(refresh.exitCode, refresh.output).toBe(7);
});

test('an update would mend that and nothing else', async () => {
  const mending = [...Object.values(BY_HAND).map((one) => one.mending), MENDING_NODE];
  expect(linesOf(await stack.preview('--refresh'))).toEqual(mending.sort());
});

test('but it stops no node of Ceph to get its type back', async () => {
  const urn = (await stack.recorded()).find((one) => one.urn.endsWith(`::${NODE}`))?.urn ?? '';
  const { exitCode, output } = await stack.pulumi(
    ...['up', '--yes', '--skip-preview', '--refresh', '--target', urn],
  );
  expect(exitCode, output).not.toBe(0);
  expect(output).toMatch(
    /to change instanceType: OperationNotPermitted: The instance '[^']+' may not be stopped/,
  );
});

test('after the update nothing has drifted any more', async () => {
  await stack.tamper(NODE, (live) => void (live['instanceType'] = nodeType));
  await stack.up('--refresh');
  const { exitCode, output } = await stack.pulumi(...LOOK);
  expect(exitCode, output).toBe(0);
  const live = new Map(
    (await stack.recorded()).map(({ urn, properties }) => [urn.split('::').at(-1), properties]),
  );
  expect(live.get('storage-images-traffic-ssh-in')?.['toPort']).toBe(22);
  expect(live.get('storage-inventory-private')?.['blockPublicPolicy']).toBe(true);
  expect(live.has('storage-images-cold-3-status')).toBe(true);
  expect((live.get('storage-cache-tier-stateful-set')?.['spec'] as Live)['replicas']).toBe(7);
});
