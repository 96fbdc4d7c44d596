import { byType, type Check, type ResourceRule } from '../rule.ts';
import { block, blocks, isGiven, isTrue, list, text, UNKNOWN, type Values } from '../values.ts';

/** Our own key, named: with AWS' default key nobody else can be kept out by a key policy. */
const key =
  (name: string): Check =>
  (props) => [!isGiven(props[name]) && `${name} is not set: encrypt it with a KMS key of ours`];

/** Encrypted, with a key of ours. */
const encrypted =
  (flag: string, name = 'kmsKeyId'): Check =>
  (props, resource) => [!isTrue(props[flag]) && `${flag} must be true`, ...key(name)(props, resource)];

const disk = (name: string, values: Values) => [
  !isTrue(values['encrypted']) && `${name}.encrypted must be true`,
  !isGiven(values['kmsKeyId']) && `${name}.kmsKeyId is not set: encrypt it with a KMS key of ours`,
];

const repository: Check = (props) => [
  (list(props['encryptionConfigurations']).length === 0 ||
    blocks(props['encryptionConfigurations']).some(
      (configuration) => configuration['encryptionType'] !== 'KMS' || !isGiven(configuration['kmsKey']),
    )) &&
    'encryptionConfigurations must be of type KMS with a kmsKey of ours',
];

/**
 * Every type that stores and how it says that it encrypts. A test holds this against the types of our stacks:
 * one that takes a key and is missing here fails it.
 */
export const ENCRYPTED: Readonly<Record<string, Check>> = {
  'aws:backup/vault:Vault': key('kmsKeyArn'),
  'aws:cloudtrail/trail:Trail': key('kmsKeyId'),
  'aws:cloudwatch/eventBus:EventBus': key('kmsKeyIdentifier'),
  'aws:cloudwatch/eventArchive:EventArchive': key('kmsKeyIdentifier'),
  'aws:cloudwatch/logGroup:LogGroup': key('kmsKeyId'),
  'aws:dynamodb/table:Table': (props) => [
    !(
      isTrue(block(props['serverSideEncryption'])['enabled']) &&
      isGiven(block(props['serverSideEncryption'])['kmsKeyArn'])
    ) && 'serverSideEncryption must be enabled with a kmsKeyArn of ours',
  ],
  'aws:ebs/volume:Volume': encrypted('encrypted'),
  'aws:ebs/snapshotCopy:SnapshotCopy': encrypted('encrypted'),
  'aws:ec2/instance:Instance': (props) => [
    ...disk('rootBlockDevice', block(props['rootBlockDevice'])),
    ...blocks(props['ebsBlockDevices']).flatMap((values, index) => disk(`ebsBlockDevices[${index}]`, values)),
  ],
  'aws:ec2/launchTemplate:LaunchTemplate': (props) => [
    list(props['blockDeviceMappings']).length === 0 &&
      "blockDeviceMappings is empty: the image's own would leave the root volume unencrypted",
    ...blocks(props['blockDeviceMappings'])
      .filter((mapping) => 'ebs' in mapping)
      .flatMap((mapping, index) => disk(`blockDeviceMappings[${index}].ebs`, block(mapping['ebs']))),
  ],
  'aws:ecr/repository:Repository': repository,
  'aws:ecr/repositoryCreationTemplate:RepositoryCreationTemplate': repository,
  'aws:efs/fileSystem:FileSystem': encrypted('encrypted'),
  'aws:eks/cluster:Cluster': (props) => {
    const configuration = block(props['encryptionConfig']);
    return [
      !(
        list(configuration['resources']).includes('secrets') &&
        isGiven(block(configuration['provider'])['keyArn'])
      ) && "encryptionConfig must cover 'secrets' with a provider.keyArn of ours",
    ];
  },
  'aws:elasticache/replicationGroup:ReplicationGroup': (props, resource) => [
    ...encrypted('atRestEncryptionEnabled')(props, resource),
    !isTrue(props['transitEncryptionEnabled']) && 'transitEncryptionEnabled must be true',
  ],
  'aws:kinesis/stream:Stream': (props, resource) => [
    props['encryptionType'] !== 'KMS' && 'encryptionType must be KMS',
    ...key('kmsKeyId')(props, resource),
  ],
  'aws:kms/key:Key': (props) => [
    !isTrue(props['enableKeyRotation']) &&
      symmetric(props) &&
      'enableKeyRotation must be true: a key is as old as what it opens',
  ],
  'aws:lambda/function:Function': (props) => [
    isGiven(block(props['environment'])['variables']) &&
      !isGiven(props['kmsKeyArn']) &&
      'kmsKeyArn is not set: its environment variables are at rest under a key that is not ours',
  ],
  'aws:rds/cluster:Cluster': (props, resource) => [
    ...encrypted('storageEncrypted')(props, resource),
    isTrue(props['manageMasterUserPassword']) &&
      !isGiven(props['masterUserSecretKmsKeyId']) &&
      "masterUserSecretKmsKeyId is not set: encrypt the master user's password with a KMS key of ours",
    ...insights(props),
  ],
  'aws:rds/clusterInstance:ClusterInstance': insights,
  'aws:rds/instance:Instance': (props, resource) => [
    ...encrypted('storageEncrypted')(props, resource),
    ...insights(props),
  ],
  'aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration': (props) =>
    blocks(props['rules']).map((rule) => {
      const settings = block(rule['applyServerSideEncryptionByDefault']);
      // Load balancers can write their logs only where S3's own keys encrypt.
      const right = /^(aws:kms|aws:kms:dsse|AES256)$/.test(text(settings['sseAlgorithm']));
      return !right
        ? 'applyServerSideEncryptionByDefault.sseAlgorithm must be aws:kms, or AES256 for access logs'
        : settings['sseAlgorithm'] !== 'AES256' &&
            !isGiven(settings['kmsMasterKeyId']) &&
            'kmsMasterKeyId is not set: encrypt it with a KMS key of ours';
    }),
  'aws:secretsmanager/secret:Secret': key('kmsKeyId'),
  'aws:sns/topic:Topic': key('kmsMasterKeyId'),
  'aws:sqs/queue:Queue': key('kmsMasterKeyId'),
  'aws:ssm/parameter:Parameter': (props, resource) =>
    props['type'] === 'SecureString' ? key('keyId')(props, resource) : [],
};

function insights(props: Values) {
  return [
    isTrue(props['performanceInsightsEnabled']) &&
      !isGiven(props['performanceInsightsKmsKeyId']) &&
      'performanceInsightsKmsKeyId is not set: it keeps statements, with what they say',
  ];
}

function symmetric(props: Values): boolean {
  const spec = props['customerMasterKeySpec'];
  return !isGiven(spec) || spec === UNKNOWN || spec === 'SYMMETRIC_DEFAULT';
}

/** What stores is encrypted, with a key of ours that rotates. */
export const encryption: ResourceRule = {
  name: 'encryption',
  description: 'What stores anything encrypts it, with a KMS key of ours that rotates.',
  severity: 'high',
  remedy: 'Take the key of that purpose from Keys (infra/foundation/keys.ts).',
  check: byType(ENCRYPTED),
};
