import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AwsStack } from '../../support/aws-stack.ts';
import { standingStack } from '../../support/standing-stack.ts';

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

  test('comes up again from nothing', async () => {
    await stack.setConfig('phase', 'prepare');
    await stack.up();
    expect((await stack.outputs())['phase']).toBe('prepare');
  });
});
