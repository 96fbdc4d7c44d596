import type { Wire } from '../../recording/provider.ts';
import { UNKNOWN } from '../../secrets.ts';
import {
  global,
  hex,
  joined,
  letters,
  list,
  MADE_AT,
  regional,
  text,
  uuid,
  type Life,
  type Shapes,
} from './shape.ts';

const withPath = (path: string, id: string) => `${path || '/'}${id}`.replace(/^\//, '');

/** Who may do what: IAM, KMS, secrets, certificates, parameters. */
export const identity: Shapes = {
  'aws:iam/role:Role': {
    naming: { property: 'name', limit: 64 },
    arn: global('iam', (life, id) => `role/${withPath(text(life, 'path'), id)}`),
    outputs: (life) => ({
      uniqueId: `AROA${letters(life, 17)}`,
      createDate: MADE_AT,
      inlinePolicies: [],
      managedPolicyArns: [],
    }),
  },
  'aws:iam/instanceProfile:InstanceProfile': {
    naming: { property: 'name', limit: 128 },
    arn: global('iam', (life, id) => `instance-profile/${withPath(text(life, 'path'), id)}`),
    outputs: (life) => ({ uniqueId: `AIPA${letters(life, 17)}`, createDate: MADE_AT }),
  },
  'aws:iam/policy:Policy': {
    naming: { property: 'name', limit: 128 },
    id: (life) => global('iam', () => `policy/${withPath(text(life, 'path'), text(life, 'name'))}`)(life, ''),
    arn: (_life, id) => id,
    outputs: (life) => ({ policyId: `ANPA${letters(life, 17)}`, attachmentCount: 1 }),
  },
  'aws:iam/rolePolicy:RolePolicy': {
    naming: { property: 'name', limit: 128 },
    id: joined(':', 'role', 'name'),
  },
  'aws:iam/rolePolicyAttachment:RolePolicyAttachment': { id: joined('/', 'role', 'policyArn') },
  'aws:iam/user:User': {
    naming: { property: 'name', limit: 64 },
    arn: global('iam', (_life, id) => `user/${id}`),
    outputs: (life) => ({ uniqueId: `AIDA${letters(life, 17)}` }),
  },
  'aws:iam/openIdConnectProvider:OpenIdConnectProvider': {
    id: (life) =>
      global('iam', () => `oidc-provider/${text(life, 'url').replace(/^https:\/\//, '')}`)(life, ''),
    arn: (_life, id) => id,
  },
  'aws:iam/serviceLinkedRole:ServiceLinkedRole': {
    id: (life) =>
      global('iam', () => `role/aws-service-role/${text(life, 'awsServiceName')}/AWSServiceRole`)(life, ''),
    arn: (_life, id) => id,
  },
  'aws:kms/key:Key': {
    id: (life) => uuid(life),
    arn: regional('kms', (_life, id) => `key/${id}`),
    outputs: (_life, id) => ({ keyId: id, policy: '{}' }),
  },
  'aws:kms/alias:Alias': {
    naming: { property: 'name', limit: 256, prefix: 'alias/' },
    arn: regional('kms', (_life, id) => id),
    outputs: (life) => ({
      targetKeyArn: text(life, 'targetKeyId').startsWith('arn:')
        ? text(life, 'targetKeyId')
        : regional('kms', () => `key/${text(life, 'targetKeyId')}`)(life, ''),
    }),
  },
  'aws:kms/grant:Grant': { id: (life) => `${text(life, 'keyId')}:${hex(life, 64)}` },
  'aws:secretsmanager/secret:Secret': {
    naming: { property: 'name', limit: 512 },
    id: (life) =>
      regional('secretsmanager', () => `secret:${text(life, 'name')}-${letters(life, 6)}`)(life, ''),
    arn: (_life, id) => id,
  },
  'aws:secretsmanager/secretVersion:SecretVersion': {
    id: (life) => `${text(life, 'secretId')}|${uuid(life)}`,
    arn: (life) => text(life, 'secretId'),
    outputs: (life) => ({ versionId: uuid(life), versionStages: ['AWSCURRENT'] }),
  },
  'aws:secretsmanager/secretPolicy:SecretPolicy': { id: (life) => text(life, 'secretArn') },
  'aws:ssm/parameter:Parameter': {
    naming: { property: 'name', limit: 2048 },
    arn: regional('ssm', (_life, id) => `parameter/${id.replace(/^\//, '')}`),
    outputs: () => ({ version: 1, dataType: 'text', tier: 'Standard' }),
    updated: {
      by: ['value', 'insecureValue', 'description', 'type', 'tier'],
      outputs: (_life, _id, before) => ({ version: Number(before['version'] ?? 1) + 1 }),
    },
  },
  'aws:ssm/document:Document': {
    naming: { property: 'name', limit: 128 },
    arn: regional('ssm', (_life, id) => `document/${id}`),
    outputs: (life) => ({
      createdDate: MADE_AT,
      defaultVersion: '1',
      latestVersion: '1',
      documentVersion: '1',
      hash: hex(life, 64),
      hashType: 'Sha256',
      owner: life.account,
      platformTypes: ['Linux'],
      schemaVersion: '2.2',
      status: 'Active',
    }),
    updated: {
      by: ['content', 'attachmentsSources'],
      outputs: (_life, _id, before) => {
        const version = String(Number(before['latestVersion'] ?? 1) + 1);
        return { latestVersion: version, defaultVersion: version, documentVersion: version };
      },
    },
  },
  'aws:ssm/association:Association': {
    id: (life) => uuid(life),
    arn: regional('ssm', (_life, id) => `association/${id}`),
    outputs: (_life, id) => ({ associationId: id, documentVersion: '$DEFAULT' }),
  },
  'aws:acm/certificate:Certificate': {
    id: (life) => regional('acm', () => `certificate/${uuid(life)}`)(life, ''),
    arn: (_life, id) => id,
    outputs: (life) => ({
      domainValidationOptions: validations(life, (domain) => ({
        resourceRecordName: `_${hex(life, 32, domain)}.${domain}.`,
        resourceRecordType: 'CNAME',
        resourceRecordValue: `_${hex(life, 32, `value ${domain}`)}.acm-validations.aws.`,
      })),
      status: 'PENDING_VALIDATION',
      type: 'AMAZON_ISSUED',
      keyAlgorithm: 'RSA_2048',
      renewalEligibility: 'INELIGIBLE',
    }),
    // How many records there will be is known beforehand, so that a program may make one for each.
    planned: (life) => ({
      domainValidationOptions: validations(life, () => ({
        resourceRecordName: UNKNOWN,
        resourceRecordType: UNKNOWN,
        resourceRecordValue: UNKNOWN,
      })),
    }),
  },
  // When the certificate was issued; two are never issued at the same moment.
  'aws:acm/certificateValidation:CertificateValidation': {
    id: (life) => `2026-01-01 00:00:00.${parseInt(hex(life, 8), 16)} +0000 UTC`,
  },
};

/** One record a name; a name and its wildcard are proven by the same record. */
function validations(life: Life, record: (domain: string) => Wire): Wire[] {
  const names = [text(life, 'domainName'), ...list(life, 'subjectAlternativeNames')];
  return [...new Set(names)].map((domainName) => ({
    domainName,
    ...record(domainName.replace(/^\*\./, '')),
  }));
}
