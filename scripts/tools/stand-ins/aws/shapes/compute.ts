import { privateAddress, privateDnsName } from './network.ts';
import {
  hex,
  joined,
  MADE_AT,
  number,
  regional,
  resourceId,
  text,
  uuid,
  type Life,
  type Shapes,
} from './shape.ts';
import type { Wire } from '../../recording/provider.ts';

export const compute: Shapes = {
  'aws:ec2/instance:Instance': {
    id: resourceId('i'),
    arn: regional('ec2', (_life, id) => `instance/${id}`),
    outputs: (life) => {
      const address = text(life, 'privateIp') || privateAddress(life);
      return {
        availabilityZone: `${life.region}a`,
        instanceState: 'running',
        privateIp: address,
        privateDns: privateDnsName(life, address),
        publicIp: '',
        publicDns: '',
        primaryNetworkInterfaceId: `eni-0${hex(life, 16)}`,
        rootBlockDevice: {
          volumeId: `vol-0${hex(life, 16, 'root')}`,
          deviceName: '/dev/xvda',
          volumeSize: 8,
          volumeType: 'gp3',
          iops: 3000,
          throughput: 125,
          encrypted: false,
          kmsKeyId: '',
        },
        tenancy: 'default',
        instanceInitiatedShutdownBehavior: 'stop',
      };
    },
  },
  'aws:ec2/launchTemplate:LaunchTemplate': {
    naming: { property: 'name', limit: 125 },
    id: resourceId('lt'),
    arn: regional('ec2', (_life, id) => `launch-template/${id}`),
    outputs: () => ({ latestVersion: 1, defaultVersion: 1 }),
    updated: {
      by: ['*'],
      outputs: (life, _id, before) => {
        const latest = Number(before['latestVersion'] ?? 1) + 1;
        const isDefault = life.inputs['updateDefaultVersion'] === true;
        return { latestVersion: latest, ...(isDefault ? { defaultVersion: latest } : {}) };
      },
    },
  },
  'aws:ec2/placementGroup:PlacementGroup': {
    naming: { property: 'name', limit: 255 },
    arn: regional('ec2', (_life, id) => `placement-group/${id}`),
    outputs: (life) => ({ placementGroupId: `pg-0${hex(life, 16)}` }),
  },
  'aws:ec2/keyPair:KeyPair': { naming: { property: 'keyName', limit: 255 } },
  'aws:ebs/volume:Volume': { id: resourceId('vol'), arn: regional('ec2', (_life, id) => `volume/${id}`) },
  'aws:ec2/volumeAttachment:VolumeAttachment': { id: (life) => `vai-${number(life, 1e10)}` },
  'aws:autoscaling/group:Group': {
    naming: { property: 'name', limit: 255 },
    arn: regional('autoscaling', (life, id) => `autoScalingGroup:${uuid(life)}:autoScalingGroupName/${id}`),
  },
  'aws:autoscaling/attachment:Attachment': {
    id: (life) => `${text(life, 'autoscalingGroupName')}-${hex(life, 26)}`,
  },
  'aws:lambda/function:Function': {
    naming: { property: 'name', limit: 64 },
    arn: regional('lambda', (_life, id) => `function:${id}`),
    outputs: (life, id) => functionOutputs(life, id, '$LATEST', 'first'),
    updated: {
      by: ['code', 'sourceCodeHash', 's3Key', 's3ObjectVersion', 'imageUri'],
      outputs: (life, id, before) => {
        const version =
          life.inputs['publish'] === true ? String(Number(before['version']) + 1 || 1) : '$LATEST';
        return functionOutputs(life, id, version, JSON.stringify(life.inputs['code'] ?? ''));
      },
    },
  },
  'aws:lambda/alias:Alias': {
    arn: regional(
      'lambda',
      (life) => `function:${text(life, 'functionName').split(':').at(-1) ?? ''}:${text(life, 'name')}`,
    ),
  },
  'aws:lambda/permission:Permission': { naming: { property: 'statementId', limit: 100 } },
  'aws:lambda/eventSourceMapping:EventSourceMapping': {
    id: (life) => uuid(life),
    arn: regional('lambda', (_life, id) => `event-source-mapping:${id}`),
    outputs: (life, id) => ({
      uuid: id,
      state: 'Enabled',
      functionArn: text(life, 'functionName').startsWith('arn:')
        ? text(life, 'functionName')
        : regional('lambda', () => `function:${text(life, 'functionName')}`)(life, ''),
      lastModified: MADE_AT,
    }),
  },
  'aws:eks/cluster:Cluster': {
    naming: { property: 'name', limit: 100 },
    arn: regional('eks', (_life, id) => `cluster/${id}`),
    outputs: (life, id) => {
      const host = `${hex(life, 32).toUpperCase()}.gr7.${life.region}.eks.amazonaws.com`;
      return {
        endpoint: `https://${host}`,
        certificateAuthority: { data: Buffer.from(`certificate authority of ${id}`).toString('base64') },
        identities: [
          {
            oidcs: [
              { issuer: `https://oidc.eks.${life.region}.amazonaws.com/id/${hex(life, 32).toUpperCase()}` },
            ],
          },
        ],
        createdAt: MADE_AT,
        platformVersion: 'eks.1',
        status: 'ACTIVE',
        version: '1.34',
        kubernetesNetworkConfig: { serviceIpv4Cidr: '172.20.0.0/16', ipFamily: 'ipv4' },
        vpcConfig: { clusterSecurityGroupId: `sg-0${hex(life, 16, 'cluster')}` },
      };
    },
    updated: { by: ['version'], outputs: () => ({ platformVersion: 'eks.1' }) },
  },
  'aws:eks/nodeGroup:NodeGroup': {
    naming: { property: 'nodeGroupName', limit: 63 },
    id: joined(':', 'clusterName', 'nodeGroupName'),
    arn: regional(
      'eks',
      (life) => `nodegroup/${text(life, 'clusterName')}/${text(life, 'nodeGroupName')}/${uuid(life)}`,
    ),
    outputs: (life) => ({
      resources: [
        {
          autoscalingGroups: [{ name: `eks-${text(life, 'nodeGroupName')}-${uuid(life)}` }],
          remoteAccessSecurityGroupId: '',
        },
      ],
      status: 'ACTIVE',
      capacityType: 'ON_DEMAND',
      diskSize: 0,
    }),
  },
  'aws:eks/addon:Addon': {
    id: joined(':', 'clusterName', 'addonName'),
    arn: regional(
      'eks',
      (life) => `addon/${text(life, 'clusterName')}/${text(life, 'addonName')}/${uuid(life)}`,
    ),
    outputs: () => ({ addonVersion: 'v1.0.0-eksbuild.1', createdAt: MADE_AT, modifiedAt: MADE_AT }),
  },
  'aws:eks/accessEntry:AccessEntry': {
    id: joined(':', 'clusterName', 'principalArn'),
    outputs: (life) => ({
      accessEntryArn: accessEntryArn(life),
      createdAt: MADE_AT,
      modifiedAt: MADE_AT,
      type: 'STANDARD',
    }),
  },
  'aws:eks/accessPolicyAssociation:AccessPolicyAssociation': {
    id: joined('#', 'clusterName', 'principalArn', 'policyArn'),
    outputs: () => ({ associatedAt: MADE_AT, modifiedAt: MADE_AT }),
  },
  'aws:eks/podIdentityAssociation:PodIdentityAssociation': {
    id: (life) => `a-${hex(life, 17)}`,
    outputs: (life, id) => podIdentity(life, id),
  },
};

function functionOutputs(life: Life, id: string, version: string, content: string): Wire {
  const arn = regional('lambda', () => `function:${id}`)(life, '');
  return {
    version,
    codeSha256: Buffer.from(hex(life, 32, content)).toString('base64'),
    invokeArn: `arn:aws:apigateway:${life.region}:lambda:path/2015-03-31/functions/${arn}/invocations`,
    qualifiedArn: `${arn}:${version}`,
    qualifiedInvokeArn: `arn:aws:apigateway:${life.region}:lambda:path/2015-03-31/functions/${arn}:${version}/invocations`,
    lastModified: MADE_AT,
    sourceCodeSize: 1,
  };
}

function accessEntryArn(life: Life): string {
  const [, , , , account = '', principal = ''] = text(life, 'principalArn').split(':');
  return regional(
    'eks',
    () => `access-entry/${text(life, 'clusterName')}/${principal.replace('/', `/${account}/`)}/${uuid(life)}`,
  )(life, '');
}

function podIdentity(life: Life, id: string): Wire {
  const arn = regional('eks', () => `podidentityassociation/${text(life, 'clusterName')}/${id}`)(life, '');
  return {
    associationId: id,
    associationArn: arn,
    externalId: `${life.region}/${life.account}/${hex(life, 12)}`,
  };
}
