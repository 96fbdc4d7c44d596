import * as pulumi from '@pulumi/pulumi';
import { describe, expect, it } from 'vitest';
import { policyDocument, ServiceRole, type IamStatement } from '../../../../infra/foundation/iam.ts';
import { record, valueOf } from '../../../support/recorded.ts';
import { documentIn, OUTPUTS, refusalOf } from './support.ts';

const read: IamStatement = {
  Sid: 'Read',
  Action: ['s3:GetObject'],
  Resource: [pulumi.output('arn:bucket/*')],
};

describe('a policy document', () => {
  it('keeps the order of its statements and allows unless it says otherwise', async () => {
    const deny: IamStatement = {
      Sid: 'Deny',
      Effect: 'Deny',
      Action: ['s3:DeleteObject'],
      Resource: ['*'],
      Condition: { StringEquals: { 'aws:SourceAccount': pulumi.output('1') } },
    };
    expect(await valueOf(policyDocument([read, deny]))).toBe(
      '{"Version":"2012-10-17","Statement":[' +
        '{"Sid":"Read","Effect":"Allow","Action":["s3:GetObject"],"Resource":["arn:bucket/*"]},' +
        '{"Sid":"Deny","Effect":"Deny","Action":["s3:DeleteObject"],"Resource":["*"],' +
        '"Condition":{"StringEquals":{"aws:SourceAccount":"1"}}}]}',
    );
  });

  it.each<[string, IamStatement[], string]>([
    ['nothing', [], 'statements is empty; IAM refuses a document without a statement'],
    [
      'one Sid twice',
      [read, read],
      'statements has two statements with the Sid Read; give each a name of its own',
    ],
    [
      'a Sid of several words',
      [{ ...read, Sid: 'Read all' }],
      'statements has a Sid with more than letters and digits among: Read all',
    ],
  ])('refuses %s', (_, statements, message) => {
    expect(refusalOf(() => policyDocument(statements))).toBe(message);
  });
});

describe('a role of a service', () => {
  it('trusts the service for our sake, and allows what it is for', async () => {
    const { all, find, value } = await record(
      () =>
        new ServiceRole('capture', {
          service: 'lambda.amazonaws.com',
          description: 'Writes the operation log',
          condition: { StringEquals: { 'aws:SourceAccount': '111122223333' } },
          statements: [read],
          managedPolicyArns: ['arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole'],
        }),
      OUTPUTS,
    );
    const role = find('aws:iam/role:Role', 'capture-role').inputs;
    expect(role['description']).toBe('Writes the operation log');
    expect(documentIn(role['assumeRolePolicy'])).toEqual({
      Version: '2012-10-17',
      Statement: [
        {
          Sid: 'Service',
          Effect: 'Allow',
          Action: ['sts:AssumeRole'],
          Principal: { Service: ['lambda.amazonaws.com'] },
          Condition: { StringEquals: { 'aws:SourceAccount': '111122223333' } },
        },
      ],
    });
    const inline = find('aws:iam/rolePolicy:RolePolicy', 'capture-policy').inputs;
    expect(inline['role']).toBe('capture-role');
    expect(documentIn(inline['policy']).Statement.map(({ Sid }) => Sid)).toEqual(['Read']);
    expect(all('aws:iam/rolePolicyAttachment:RolePolicyAttachment')).toEqual({
      'capture-awslambdavpcaccessexecutionrole': {
        role: 'capture-role',
        policyArn: 'arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole',
      },
    });
    expect(await valueOf(value.arn)).toBe('arn:capture-role');
    expect(await valueOf(value.name)).toBe('capture-role');
    expect(await valueOf(value.uniqueId)).toBe('AROA-capture-role');
  });

  it('has no policy where it needs none', async () => {
    const { all } = await record(
      () => new ServiceRole('x', { service: 'ec2.amazonaws.com', description: 'x', statements: [] }),
      OUTPUTS,
    );
    expect(all('aws:iam/rolePolicy:RolePolicy')).toEqual({});
  });

  it('refuses what is no service', async () => {
    const { value } = await record(() =>
      refusalOf(() => new ServiceRole('x', { service: 'lambda', description: 'x', statements: [] })),
    );
    expect(value).toBe('service is "lambda"; must be a service\'s principal such as lambda.amazonaws.com');
  });
});
