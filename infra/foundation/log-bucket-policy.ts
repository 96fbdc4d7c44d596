import type * as pulumi from '@pulumi/pulumi';
import { tlsOnly, type ResourceStatement } from './iam.ts';

/**
 * Who may write access logs into the bucket, each only for the sake of this account. Where in the bucket is
 * for those who switch a log on: load balancers write below `PREFIX/AWSLogs/ACCOUNT/`.
 */
export function logBucketStatements(
  bucketArn: pulumi.Input<string>,
  objects: pulumi.Input<string>,
  place: { account: string; region: string },
): ResourceStatement[] {
  const { account, region } = place;
  return [
    tlsOnly('s3', [bucketArn, objects]),
    {
      // https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html
      Sid: 'ApplicationLoadBalancers',
      Principal: { Service: ['logdelivery.elasticloadbalancing.amazonaws.com'] },
      Action: ['s3:PutObject'],
      Resource: [objects],
      Condition: {
        ArnLike: { 'aws:SourceArn': `arn:aws:elasticloadbalancing:${region}:${account}:loadbalancer/*` },
      },
    },
    {
      // Network load balancers, and CloudFront's logs (whose deliveries live in us-east-1).
      // https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-infrastructure-V2-S3.html
      Sid: 'LogDelivery',
      Principal: { Service: ['delivery.logs.amazonaws.com'] },
      Action: ['s3:PutObject'],
      Resource: [objects],
      Condition: {
        StringEquals: { 'aws:SourceAccount': account, 's3:x-amz-acl': 'bucket-owner-full-control' },
        ArnLike: {
          'aws:SourceArn': [...new Set([region, 'us-east-1'])].map((of) => `arn:aws:logs:${of}:${account}:*`),
        },
      },
    },
    {
      Sid: 'LogDeliveryLooks',
      Principal: { Service: ['delivery.logs.amazonaws.com'] },
      Action: ['s3:GetBucketAcl', 's3:ListBucket'],
      Resource: [bucketArn],
      Condition: { StringEquals: { 'aws:SourceAccount': account } },
    },
    {
      Sid: 'BucketAccessLogs',
      Principal: { Service: ['logging.s3.amazonaws.com'] },
      Action: ['s3:PutObject'],
      Resource: [objects],
      Condition: { StringEquals: { 'aws:SourceAccount': account } },
    },
  ];
}
