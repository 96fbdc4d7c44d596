import { expect, test } from 'vitest';
import type { AwsStack } from '../../support/aws-stack.ts';
import type { Change } from '../../support/recording-project.ts';
import { standingStack } from '../../support/standing-stack.ts';

/**
 * Inputs that AWS or Kubernetes do not let anybody change: by the resource, what the input was when it was
 * made. Dev replaces it; prod refuses where the resource holds something.
 */
const MADE_WITH: Record<string, { input: string; value: unknown; holds: boolean }> = {
  'storage-metadata-node-0': { input: 'subnetId', value: 'subnet-00000000000000001', holds: true },
  'ENV-database-cluster': { input: 'storageEncrypted', value: false, holds: true },
  'ENV-kubernetes-cluster': { input: 'roleArn', value: 'arn:aws:iam::1:role/another', holds: true },
  'storage-inventory-bucket': { input: 'objectLockEnabled', value: true, holds: true },
  'ENV-key-logs': { input: 'multiRegion', value: true, holds: true },
  'storage-capture-queue-waiting': { input: 'name', value: 'another', holds: true },
  'storage-objects-zone': { input: 'name', value: 'another.example', holds: true },
  'storage-images-credentials-migration-sync': { input: 'name', value: 'another', holds: true },
  'ENV-network-vpc': { input: 'cidrBlock', value: '172.16.0.0/16', holds: false },
  'storage-copy-nodes-group-nodes': { input: 'capacityType', value: 'ON_DEMAND', holds: false },
  'images-gateways-nlb': { input: 'internal', value: false, holds: false },
  'images-gateways-rgw': { input: 'port', value: 80, holds: false },
  'storage-images-traffic-nodes': { input: 'description', value: 'another', holds: false },
  'storage-cache-tier-stateful-set': { input: 'spec.serviceName', value: 'another', holds: false },
};

/** As if these had been made with the other input. */
async function madeOtherwise(environment: 'dev' | 'prod', keys: readonly string[]): Promise<AwsStack> {
  const stack = await standingStack(environment);
  const missing = new Set(keys);
  await stack.rewriteState(({ urn, type, inputs, outputs }) => {
    const key = (urn.split('::').at(-1) ?? '').replace(new RegExp(`^${environment}-`), 'ENV-');
    const made = missing.has(key) ? MADE_WITH[key] : undefined;
    if (made === undefined || inputs === undefined || !/^(aws|kubernetes):/.test(type)) return;
    missing.delete(key);
    for (const properties of [inputs, outputs ?? {}]) {
      const path = made.input.split('.');
      const last = path.pop() ?? '';
      const holder = path.reduce((part, name) => part[name] as Record<string, unknown>, properties);
      holder[last] = made.value;
    }
  });
  expect([...missing]).toEqual([]);
  return stack;
}

test('dev replaces what cannot be changed, each for its own input', async () => {
  // With the cluster's own API on the way out, the engine cannot tell what becomes of the objects in it.
  const keys = Object.keys(MADE_WITH).filter((key) => key !== 'ENV-kubernetes-cluster');
  const stack = await madeOtherwise('dev', keys);
  try {
    const changes = new Map((await stack.preview()).map((change) => [change.name, change]));
    for (const key of keys) {
      const change: Change | undefined = changes.get(key.replace(/^ENV-/, 'dev-'));
      expect(change?.op, key).toBe('replace');
      expect(change?.replaces, key).toContain(MADE_WITH[key]?.input);
    }
  } finally {
    await stack.remove();
  }
});

test('prod replaces nothing that holds something', async () => {
  const one = 'storage-metadata-node-0';
  const stack = await madeOtherwise('prod', [one]);
  try {
    const { exitCode, output } = await stack.pulumi('preview');
    expect(exitCode, output).not.toBe(0);
    expect(output).toMatch(
      new RegExp(`unable to replace resource "[^"]+::${one}"\\s+as it is currently marked`),
    );

    // All others are protected as that one is.
    const holding = Object.entries(MADE_WITH).filter(([, { holds }]) => holds);
    const state = await stack.state();
    for (const [key] of holding) {
      const resource = state.find(
        ({ urn, type }) => urn.endsWith(`::${key.replace(/^ENV-/, 'prod-')}`) && type.startsWith('aws:'),
      );
      expect(resource?.protect, key).toBe(true);
    }
  } finally {
    await stack.remove();
  }
});
