import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { readerStatements } from '../../../scripts/move/steps/cache-tier-access.ts';
import { policyDocuments, readDocument } from '../../support/iam/documents.ts';
import { lint, type Finding } from '../../support/iam/lint.ts';
import { isOfType, isWhole, overlap } from '../../support/iam/patterns.ts';
import { recordStack } from '../../support/recorded-stack.ts';

/** Why a wildcard must be: `where` is the document's name and the statement's Sid, `*` for any part. */
const JUSTIFIED = z
  .array(z.strictObject({ where: z.string(), because: z.string().min(40) }))
  .parse(JSON.parse(readFileSync(new URL('./iam-wildcards.json', import.meta.url), 'utf8')));

const isJustified = ({ kind, where }: Finding) =>
  kind === 'wildcard' && JUSTIFIED.some((one) => overlap(one.where, where));
const told = ({ where, says }: Finding) => `${where}: ${says}`;

test.each(['dev', 'prod'] as const)(
  'every policy of %s names what exists, on what it can act on, and no more than it must',
  async (stack) => {
    const { resources } = await recordStack(stack);
    const documents = policyDocuments(resources);
    // Roles, keys, buckets, topics and queues all have one: fewer would mean that they were not found.
    expect(documents.length).toBeGreaterThan(20);
    expect(new Set(documents.map(({ kind }) => kind))).toEqual(new Set(['identity', 'trust', 'resource']));
    const findings = (await Promise.all(documents.map(lint))).flat();
    expect(findings.filter((finding) => !isJustified(finding)).map(told)).toEqual([]);
    const unused = JUSTIFIED.filter(
      ({ where }) => !findings.some((finding) => isJustified(finding) && overlap(where, finding.where)),
    );
    expect(unused.map(({ where }) => where)).toEqual([]);
  },
  120_000,
);

const document = (type: string, ...statements: object[]) =>
  readDocument(type, 'test', JSON.stringify({ Version: '2012-10-17', Statement: statements }));
const of = (statement: object, type = 'aws:iam/rolePolicy:RolePolicy') =>
  lint(document(type, { Sid: 'One', Effect: 'Allow', ...statement }));

test('what the steps merge into buckets’ policies is a policy, too', async () => {
  const readers = {
    vpcEndpoint: 'vpce-1',
    distributionArn: 'arn:aws:cloudfront::111122223333:distribution/E1',
  };
  await expect(
    lint(document('aws:s3/bucketPolicy:BucketPolicy', ...readerStatements('food-co-images', readers))),
  ).resolves.toEqual([]);
});

const QUEUE = 'arn:aws:sqs:us-east-1:111122223333:queue';
const OBJECTS = 'arn:aws:s3:::bucket/*';

test.each([
  [
    'an action that does not exist',
    { Action: 's3:GetObjects', Resource: OBJECTS },
    'there is no action s3:GetObjects',
  ],
  [
    'a service that does not exist',
    { Action: 's4:GetObject', Resource: OBJECTS },
    'there is no action s4:GetObject',
  ],
  [
    'a bucket’s action on its objects',
    { Action: 's3:ListBucket', Resource: OBJECTS },
    's3:ListBucket acts on none of arn:aws:s3:::bucket/*',
  ],
  [
    'an object’s action on the bucket',
    { Action: 's3:GetObject', Resource: 'arn:aws:s3:::bucket' },
    's3:GetObject acts on none of arn:aws:s3:::bucket',
  ],
  [
    'a resource of another service',
    { Action: ['sqs:SendMessage', 'kms:Decrypt'], Resource: [QUEUE, OBJECTS] },
    'kms:Decrypt acts on none of',
  ],
  [
    'a resource that is no use',
    { Action: 'sqs:SendMessage', Resource: [QUEUE, OBJECTS] },
    'no action of the statement acts on arn:aws:s3:::bucket/*',
  ],
  [
    'a name for what has none',
    { Action: 'ecr:GetAuthorizationToken', Resource: 'arn:aws:ecr:us-east-1:111122223333:repository/x' },
    'acts on no resource: only "*" allows it',
  ],
  [
    'a condition key that does not exist',
    { Action: 's3:GetObject', Resource: OBJECTS, Condition: { StringEquals: { 's3:owner': 'x' } } },
    'there is no condition key s3:owner',
  ],
  [
    'a condition key that the action is never asked with',
    { Action: 's3:GetObject', Resource: OBJECTS, Condition: { StringEquals: { 'kms:ViaService': 'x' } } },
    'no action of the statement has the condition key kms:ViaService',
  ],
])('%s is wrong', async (_, statement, says) => {
  const findings = await of(statement);
  expect(findings.map(({ kind }) => kind)).toContain('wrong');
  expect(findings.map((finding) => finding.says).join('\n')).toContain(says);
});

test.each([
  ['all actions of a service', { Action: 'sqs:*', Resource: QUEUE }, 'and those to come'],
  ['all resources', { Action: 'sqs:SendMessage', Resource: '*' }, 'sqs:SendMessage on *: all there are'],
  [
    'all of a type',
    { Action: 'ec2:StopInstances', Resource: 'arn:aws:ec2:us-east-1:111122223333:instance/*' },
    'all there are',
  ],
  ['all accounts', { Action: 'sqs:SendMessage', Resource: 'arn:aws:sqs:us-east-1:*:queue' }, 'all there are'],
  ['all buckets', { Action: 's3:GetObject', Resource: 'arn:aws:s3:::*' }, 'all there are'],
  ['everything but', { NotAction: 's3:GetObject', Resource: OBJECTS }, 'NotAction names everything else'],
  [
    'everybody',
    { Principal: '*', Action: 's3:GetObject', Resource: OBJECTS },
    'everybody is allowed, without a condition',
  ],
])('%s wants a justification', async (_, statement, says) => {
  const findings = await of(statement);
  expect(
    findings
      .filter(({ kind }) => kind === 'wildcard')
      .map((finding) => finding.says)
      .join('\n'),
  ).toContain(says);
});

test.each([
  ['actions that AWS lets nobody narrow', { Action: 'ec2:DescribeInstances', Resource: '*' }],
  ['some by a part of their name', { Action: 'sqs:SendMessage', Resource: `${QUEUE}-*` }],
  ['all objects of one bucket', { Action: 's3:GetObject', Resource: OBJECTS }],
  ['a refusal of everything', { Effect: 'Deny', Action: 's3:*', Resource: '*' }],
  [
    'everybody who comes by our endpoint',
    {
      Principal: '*',
      Action: 's3:GetObject',
      Resource: OBJECTS,
      Condition: { StringEquals: { 'aws:SourceVpce': 'vpce-1' } },
    },
  ],
])('%s is in order', async (_, statement) => {
  expect((await of(statement)).map(told)).toEqual([]);
});

test('in a key’s policy "*" is the key', async () => {
  const statement = {
    Principal: { Service: 'logs.us-east-1.amazonaws.com' },
    Action: 'kms:Decrypt',
    Resource: '*',
  };
  await expect(of(statement, 'aws:kms/key:Key')).resolves.toEqual([]);
  expect((await of(statement)).map(({ kind }) => kind)).toEqual(['wildcard']);
});

test('what is no policy is refused with what is wrong', () => {
  expect(() => document('x', { Sid: 'One', Effect: 'allow', Action: 's3:GetObject', Resource: '*' })).toThrow(
    'x test is no policy',
  );
  expect(() => document('x', { Sid: 'One', Effect: 'Allow', Actions: 's3:GetObject' })).toThrow('Actions');
});

test.each([
  ['arn:aws:s3:::bucket', 'arn:${Partition}:s3:::${BucketName}', true],
  ['arn:aws:s3:::bucket/*', 'arn:${Partition}:s3:::${BucketName}', false],
  ['arn:aws:s3:::bucket/a/b', 'arn:${Partition}:s3:::${BucketName}/${ObjectName}', true],
  [
    'arn:aws:logs:us-east-1:1:log-group:/a/b:*',
    'arn:${Partition}:logs:${Region}:${Account}:log-group:${LogGroupName}:log-stream:${LogStreamName}',
    true,
  ],
  ['arn:aws:sqs:us-east-1:1:q', 'arn:${Partition}:sns:${Region}:${Account}:${TopicName}', false],
])('%s may be %s: %s', (resource, arn, expected) => {
  expect(isOfType(resource, arn)).toBe(expected);
});

test.each([
  ['*', true],
  ['arn:aws:autoscaling:us-east-1:1:autoScalingGroup:*:autoScalingGroupName/*', true],
  ['arn:aws:autoscaling:us-east-1:1:autoScalingGroup:*:autoScalingGroupName/eks-*', false],
  ['arn:aws:logs:us-east-1:1:log-group:/prod/x:*', false],
  ['arn:aws:secretsmanager:us-east-1:1:secret:storage-prod/*', false],
  ['arn:aws:secretsmanager:us-east-1:1:secret:*', true],
])('%s is all there are: %s', (resource, expected) => {
  expect(isWhole(resource)).toBe(expected);
});
