import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PHASES } from '../../../scripts/contract/phases.ts';
import type { AwsStack } from '../../support/aws-stack.ts';
import { standingStack } from '../../support/standing-stack.ts';

describe('prod', () => {
  const BUCKETS = ['food-co-images', 'food-co-metadata'];
  let stack: AwsStack;

  beforeAll(async () => {
    stack = await standingStack('prod');
  });
  afterAll(() => stack.remove());

  test('owns neither a bucket of the customer nor a document of which it has only one', async () => {
    const ofCustomer = (await stack.recorded()).filter(({ properties }) =>
      BUCKETS.includes(String(properties['bucket'])),
    );
    expect(
      ofCustomer.map(({ type, properties }) => [type, properties['bucket'], properties['name']]).sort(),
    ).toEqual(
      BUCKETS.flatMap((bucket) => [
        ['aws:s3/bucketMetric:BucketMetric', bucket, 'storage-requests'],
        ['aws:s3/inventory:Inventory', bucket, 'storage-inventory'],
      ]).sort(),
    );
  });

  describe.each(PHASES)('in the phase %s', (phase) => {
    test('refuses to be destroyed: nothing goes, no step runs', async () => {
      if (phase !== 'prepare') await stack.enter(phase);
      const before = await stack.recorded();
      const told = stack.calls.length;
      // After a preview that fails the engine stops. Without one it carries out what it may.
      const { exitCode, output } = await stack.pulumi('destroy', '--yes', '--skip-preview');
      expect(exitCode, output).not.toBe(0);
      expect(output).toMatch(/phase-settle-run"? cannot be deleted\s+because it is protected/);
      expect(await stack.recorded()).toEqual(before);
      expect(stack.calls.slice(told)).toEqual([]);
    });
  });

  test('also when only what is protected is left out', async () => {
    const before = await stack.recorded();
    const { exitCode, output } = await stack.pulumi(
      'destroy',
      '--yes',
      '--skip-preview',
      '--exclude-protected',
    );
    expect(exitCode, output).toBe(0);
    expect(await stack.recorded()).toEqual(before);
  });
});

describe('dev', () => {
  let stack: AwsStack;

  beforeAll(async () => {
    stack = await standingStack('dev');
  });
  afterAll(() => stack.remove());

  test('never deletes a bucket with what is in it', async () => {
    const buckets = (await stack.recorded()).filter(({ type }) => type === 'aws:s3/bucket:Bucket');
    expect(buckets.length).toBeGreaterThan(2);
    expect(buckets.filter(({ properties }) => properties['forceDestroy'] !== false)).toEqual([]);
  });

  test('goes without a rest, from the middle of a move too, and runs no step of it', async () => {
    await stack.enter('retain');
    const told = stack.calls.length;
    const { exitCode, output } = await stack.pulumi('destroy', '--yes', '--skip-preview');
    expect(exitCode, output).toBe(0);
    expect(await stack.recorded()).toEqual([]);
    expect(await stack.state()).toEqual([]);
    // Which clusters were founded is forgotten, so that the next ones may be.
    expect(
      stack.calls
        .slice(told)
        .map(({ action, input }) => [action, input['Name']])
        .sort(),
    ).toEqual(
      ['images', 'metadata'].flatMap((cluster) =>
        ['fsid', 'ssh-public-key'].map((name) => [
          'ssm.DeleteParameter',
          `/storage/dev/ceph/${cluster}/${name}`,
        ]),
      ),
    );
  });

  test('stands again from nothing', async () => {
    await stack.setConfig('phase', 'prepare');
    await stack.up();
    expect((await stack.outputs())['phase']).toBe('prepare');
  });
});
