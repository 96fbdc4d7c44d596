import { describe, expect, test } from 'vitest';
import { judge, readTriage } from '../../../../scripts/tools/policy-scan/triage.ts';

const finding = (check: string, resource: string) => ({ check, resource, wants: 'something' });

describe('what was decided about findings', () => {
  const triage = {
    lower: { CKV_AWS_1: 'It costs and nobody would ever look at it.' },
    justified: [
      {
        check: 'CKV_AWS_2',
        resource: 'aws:s3/bucket:Bucket::*logs',
        reason: 'The logs of the logs are for nobody.',
      },
      {
        check: 'CKV_AWS_3',
        resource: 'aws:s3/bucket:Bucket::old',
        reason: 'The bucket is no longer there at all.',
      },
    ],
  };

  test('what nobody decided about is high', () => {
    const logs = finding('CKV_AWS_2', 'aws:s3/bucket:Bucket::access-logs');
    const photos = finding('CKV_AWS_2', 'aws:s3/bucket:Bucket::photos');
    const unheardOf = finding('CKV_AWS_999', 'aws:s3/bucket:Bucket::access-logs');
    const lower = finding('CKV_AWS_1', 'anything');
    expect(judge([logs, photos, unheardOf, lower], triage)).toEqual({
      high: [photos, unheardOf],
      justified: [logs],
      lower: [lower],
      unused: [triage.justified[1]],
    });
  });

  test('a dot in a name is a dot', () => {
    const dotted = { lower: {}, justified: [{ check: 'C', resource: 'a.b', reason: 'x' }] };
    expect(judge([finding('C', 'a.b'), finding('C', 'a-b')], dotted).high).toEqual([finding('C', 'a-b')]);
  });

  test('the file is right: every decision has a reason', async () => {
    const { lower, justified } = await readTriage();
    for (const { check } of justified) {
      expect(lower, `${check} is lower anyway`).not.toHaveProperty(check);
    }
  });
});
