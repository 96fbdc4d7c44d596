/**
 * What Terraform calls the types of @pulumi/aws: `aws_MODULE_NAME`, and what is called otherwise. Source: the
 * `renames` in bridge-metadata.json of pulumi/pulumi-aws. A type that is called wrongly is not checked, without
 * a word: checkov knows only the names that it looks for. A test holds this against the types that it knows.
 */
const OTHERWISE: Readonly<Record<string, string>> = {
  'cloudwatch/eventBus:EventBus': 'aws_cloudwatch_event_bus',
  'cloudfront/distribution:Distribution': 'aws_cloudfront_distribution',
  'ebs/encryptionByDefault:EncryptionByDefault': 'aws_ebs_encryption_by_default',
  'ec2/vpcEndpoint:VpcEndpoint': 'aws_vpc_endpoint',
  'lb/loadBalancer:LoadBalancer': 'aws_lb',
  'rds/instance:Instance': 'aws_db_instance',
  'rds/parameterGroup:ParameterGroup': 'aws_db_parameter_group',
  'rds/subnetGroup:SubnetGroup': 'aws_db_subnet_group',
  's3/inventory:Inventory': 'aws_s3_bucket_inventory',
  'sqs/redriveAllowPolicy:RedriveAllowPolicy': 'aws_sqs_queue_redrive_allow_policy',
  'ec2/eip:Eip': 'aws_eip',
  'ec2transitgateway/transitGateway:TransitGateway': 'aws_ec2_transit_gateway',
};

/** Modules whose name is no part of Terraform's. */
const SILENT_MODULES = ['ec2'];

/** The type in Terraform of a type of Pulumi's aws provider, or null where it is another provider's. */
export function terraformType(type: string): string | null {
  const token = /^aws:([a-z0-9]+)\/[A-Za-z0-9]+:([A-Za-z0-9]+)$/.exec(type);
  const [, module, name] = token ?? [];
  if (module === undefined || name === undefined) return null;
  const prefix = SILENT_MODULES.includes(module) ? 'aws' : `aws_${module}`;
  return OTHERWISE[type.slice('aws:'.length)] ?? `${prefix}_${snakeCase(name)}`;
}

/** `kmsKeyId` → `kms_key_id`. */
export function snakeCase(name: string): string {
  return name.replace(/(?<!^)([A-Z])/g, '_$1').toLowerCase();
}

/** The names that a list may have in Terraform, where a block that may come several times is singular. */
export function listNames(name: string): string[] {
  const plural = snakeCase(name);
  const singular = plural.replace(/ies$/, 'y').replace(/(s|x|z|ch|sh)es$/, '$1');
  const shorter = singular === plural ? plural.replace(/s$/, '') : singular;
  return [...new Set([plural, shorter, plural.replace(/s$/, '')])];
}
