import { beforeAll, describe, expect, it } from 'vitest';
import { keyStatements, KEY_PURPOSES, type KeyPurpose } from '../../../../infra/foundation/key-policies.ts';
import { Keys } from '../../../../infra/foundation/keys.ts';
import { record, valueOf, type RecordedProgram } from '../../../support/recorded.ts';
import { documentIn, OUTPUTS, PLACE } from './support.ts';

const PURPOSES = Object.keys(KEY_PURPOSES) as KeyPurpose[];
const sids = (purpose: KeyPurpose) => keyStatements(purpose, PLACE).map(({ Sid }) => Sid);
const statement = (purpose: KeyPurpose, sid: string) =>
  keyStatements(purpose, PLACE).find(({ Sid }) => Sid === sid);

describe('the keys', () => {
  let keys: RecordedProgram<Keys>;
  beforeAll(async () => {
    keys = await record((options) => new Keys('key', { ...PLACE, protect: true }, options), OUTPUTS);
  });

  it('are one a purpose, turned over, and slow to delete', () => {
    const made = keys.all('aws:kms/key:Key');
    expect(Object.keys(made).sort()).toEqual(PURPOSES.map((purpose) => `key-${purpose}`).sort());
    for (const inputs of Object.values(made)) {
      expect(inputs).toMatchObject({ enableKeyRotation: true, deletionWindowInDays: 30 });
    }
    const { policy, ...rest } = keys.find('aws:kms/key:Key', 'key-volumes').inputs;
    expect(rest).toEqual({
      description: 'test: EBS volumes of nodes',
      enableKeyRotation: true,
      deletionWindowInDays: 30,
      tags: { Name: 'test-volumes' },
    });
    expect(documentIn(policy).Statement.map(({ Sid }) => Sid)).toEqual(sids('volumes'));
  });

  it('are protected where everything is, and not in dev', async () => {
    expect(keys.find('aws:kms/key:Key', 'key-logs').options).toMatchObject({
      protect: true,
      retainOnDelete: true,
    });
    const dev = await record((options) => new Keys('key', { ...PLACE, protect: false }, options), OUTPUTS);
    expect(dev.find('aws:kms/key:Key', 'key-logs').options).toMatchObject({
      protect: false,
      retainOnDelete: false,
    });
  });

  it('are given out by ARN and id', async () => {
    expect(await valueOf(keys.value.messages.arn)).toBe('arn:key-messages');
    expect(await valueOf(keys.value.messages.id)).toBe('key-messages-key-id');
  });
});

describe('a key’s policy', () => {
  const common = ['Administration', 'UseByIdentities', 'GrantsForServices'];
  it.each<[KeyPurpose, string[]]>([
    ['logs', [...common, 'LogGroups']],
    ['database', common],
    ['volumes', [...common, 'AutoScalingUse', 'AutoScalingGrants']],
    ['secrets', common],
    ['messages', [...common, 'Senders']],
    ['kubernetes', common],
    ['buckets', [...common, 'Inventory', 'Distribution']],
  ])('of %s allows whom its purpose needs', (purpose, expected) => {
    expect(sids(purpose)).toEqual(expected);
  });

  it.each(PURPOSES)(
    'of %s allows everybody nothing, names every action and leaves the account in charge',
    (purpose) => {
      for (const { Principal, Condition, Action } of keyStatements(purpose, PLACE)) {
        const text = JSON.stringify(Condition ?? {});
        if (JSON.stringify(Principal).includes('"*"')) {
          expect(text).toContain('"kms:CallerAccount":"111122223333"');
          expect(text).toContain('arn:aws:iam::111122223333:role/aws-service-role/');
        }
        if (JSON.stringify(Principal).includes('Service')) expect(text).toContain('111122223333');
        expect(Action.join()).not.toContain('*');
      }
      expect(statement(purpose, 'Administration')).toMatchObject({
        Principal: { AWS: ['arn:aws:iam::111122223333:root'] },
        Action: expect.arrayContaining(['kms:PutKeyPolicy', 'kms:ScheduleKeyDeletion']) as string[],
      });
    },
  );

  it('of logs serves log groups of this account and region only', () => {
    expect(statement('logs', 'LogGroups')).toMatchObject({
      Principal: { Service: ['logs.eu-west-1.amazonaws.com'] },
      Condition: {
        ArnLike: { 'kms:EncryptionContext:aws:logs:arn': 'arn:aws:logs:eu-west-1:111122223333:log-group:*' },
      },
    });
  });

  it('of messages lets S3, EventBridge and alarms send', () => {
    expect(statement('messages', 'Senders')).toEqual({
      Sid: 'Senders',
      Principal: {
        Service: [
          'cloudwatch.amazonaws.com',
          'events.amazonaws.com',
          's3.amazonaws.com',
          'sns.amazonaws.com',
        ],
      },
      Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
      Resource: ['*'],
      Condition: { StringEquals: { 'aws:SourceAccount': '111122223333' } },
    });
  });
});
