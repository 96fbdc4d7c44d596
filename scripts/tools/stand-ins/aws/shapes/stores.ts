import { hex, joined, letters, regional, text, uuid, type Life, type Shape, type Shapes } from './shape.ts';

/** The settings of a bucket are resources of their own in v7; the bucket's name is their id. */
const ofBucket: Shape = { id: (life) => text(life, 'bucket') };
const named = (property: string, limit: number) => ({ property, limit, lowerCase: true as const });

export const stores: Shapes = {
  'aws:s3/bucket:Bucket': {
    naming: named('bucket', 63),
    id: (life) => text(life, 'bucket'),
    arn: (_life, id) => `arn:aws:s3:::${id}`,
    outputs: (life, id) => ({
      bucketDomainName: `${id}.s3.amazonaws.com`,
      bucketRegionalDomainName: `${id}.s3.${life.region}.amazonaws.com`,
      bucketRegion: life.region,
      hostedZoneId: 'Z3AQBSTGFYJSTF',
    }),
  },
  ...Object.fromEntries(
    [
      'bucketAccelerateConfiguration:BucketAccelerateConfiguration',
      'bucketAcl:BucketAcl',
      'bucketCorsConfiguration:BucketCorsConfiguration',
      'bucketLifecycleConfiguration:BucketLifecycleConfiguration',
      'bucketLogging:BucketLogging',
      'bucketNotification:BucketNotification',
      'bucketObjectLockConfiguration:BucketObjectLockConfiguration',
      'bucketOwnershipControls:BucketOwnershipControls',
      'bucketPolicy:BucketPolicy',
      'bucketPublicAccessBlock:BucketPublicAccessBlock',
      'bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration',
      'bucketVersioning:BucketVersioning',
    ].map((type) => [`aws:s3/${type}`, ofBucket]),
  ),
  'aws:s3/bucketMetric:BucketMetric': { id: joined(':', 'bucket', 'name') },
  'aws:s3/inventory:Inventory': { id: joined(':', 'bucket', 'name') },
  'aws:s3/bucketObjectv2:BucketObjectv2': {
    id: joined('/', 'bucket', 'key'),
    arn: (life) => `arn:aws:s3:::${text(life, 'bucket')}/${text(life, 'key')}`,
    outputs: (life) => ({ etag: contentDigest(life), versionId: hex(life, 32, contentDigest(life)) }),
    updated: {
      by: ['content', 'source', 'contentBase64', 'sourceHash'],
      outputs: (life) => ({ etag: contentDigest(life), versionId: hex(life, 32, contentDigest(life)) }),
    },
  },
  'aws:rds/cluster:Cluster': {
    naming: named('clusterIdentifier', 63),
    id: (life) => text(life, 'clusterIdentifier'),
    arn: regional('rds', (_life, id) => `cluster:${id}`),
    outputs: (life, id) => ({
      endpoint: `${id}.cluster-${hex(life, 12)}.${life.region}.rds.amazonaws.com`,
      readerEndpoint: `${id}.cluster-ro-${hex(life, 12)}.${life.region}.rds.amazonaws.com`,
      clusterResourceId: `cluster-${letters(life, 26)}`,
      engineVersionActual: text(life, 'engineVersion') || '17.4',
      engineVersion: '17.4',
      port: text(life, 'engine').includes('postgres') ? 5432 : 3306,
      hostedZoneId: `Z${letters(life, 13)}`,
      availabilityZones: ['a', 'b', 'c'].map((zone) => life.region + zone),
      masterUserSecrets:
        life.inputs['manageMasterUserPassword'] === true
          ? [
              {
                secretArn: regional(
                  'secretsmanager',
                  () => `secret:rds!cluster-${uuid(life)}-${letters(life, 6)}`,
                )(life, ''),
                secretStatus: 'active',
                kmsKeyId: text(life, 'masterUserSecretKmsKeyId'),
              },
            ]
          : [],
    }),
    updated: {
      by: ['engineVersion'],
      outputs: (life) => ({ engineVersionActual: text(life, 'engineVersion') }),
    },
  },
  'aws:rds/clusterInstance:ClusterInstance': {
    naming: named('identifier', 63),
    id: (life) => text(life, 'identifier'),
    arn: regional('rds', (_life, id) => `db:${id}`),
    outputs: (life, id) => ({
      endpoint: `${id}.${hex(life, 12)}.${life.region}.rds.amazonaws.com`,
      dbiResourceId: `db-${letters(life, 26)}`,
      port: 5432,
      availabilityZone: `${life.region}a`,
      writer: text(life, 'promotionTier') === '0',
      storageEncrypted: true,
    }),
  },
  'aws:rds/subnetGroup:SubnetGroup': {
    naming: named('name', 255),
    arn: regional('rds', (_life, id) => `subgrp:${id}`),
  },
  'aws:rds/clusterParameterGroup:ClusterParameterGroup': {
    naming: named('name', 255),
    arn: regional('rds', (_life, id) => `cluster-pg:${id}`),
  },
  'aws:rds/parameterGroup:ParameterGroup': {
    naming: named('name', 255),
    arn: regional('rds', (_life, id) => `pg:${id}`),
  },
  'aws:rds/clusterRoleAssociation:ClusterRoleAssociation': {
    id: joined(',', 'dbClusterIdentifier', 'roleArn'),
  },
  'aws:rds/eventSubscription:EventSubscription': {
    naming: named('name', 255),
    arn: regional('rds', (_life, id) => `es:${id}`),
  },
  'aws:ecr/repository:Repository': {
    naming: named('name', 256),
    arn: regional('ecr', (_life, id) => `repository/${id}`),
    outputs: (life, id) => ({
      repositoryUrl: `${life.account}.dkr.ecr.${life.region}.amazonaws.com/${id}`,
      registryId: life.account,
    }),
  },
  'aws:ecr/pullThroughCacheRule:PullThroughCacheRule': { id: (life) => text(life, 'ecrRepositoryPrefix') },
  'aws:ecr/repositoryCreationTemplate:RepositoryCreationTemplate': { id: (life) => text(life, 'prefix') },
  'aws:ecr/lifecyclePolicy:LifecyclePolicy': { id: (life) => text(life, 'repository') },
  'aws:ecr/registryPolicy:RegistryPolicy': { id: (life) => life.account },
  'aws:ecr/registryScanningConfiguration:RegistryScanningConfiguration': { id: (life) => life.account },
  'aws:dynamodb/table:Table': {
    naming: { property: 'name', limit: 255 },
    arn: regional('dynamodb', (_life, id) => `table/${id}`),
  },
};

function contentDigest(life: Life): string {
  const { content, source, contentBase64, sourceHash } = life.inputs;
  return hex({ ...life, identity: JSON.stringify([content, source, contentBase64, sourceHash]) }, 32);
}
