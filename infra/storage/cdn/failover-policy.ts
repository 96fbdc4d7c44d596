/** Marks our statement among the customer's. */
export const CDN_STATEMENT_ID = 'StorageMigrationCdn';

/**
 * What a source bucket's policy must say so that CloudFront may read it while S3 is the store: this
 * distribution and no other. The list right makes a missing key a 404, where it were a 403 otherwise;
 * listings themselves are refused at the edge.
 *
 * It is merged and removed by the migration's steps, not by the engine, which changes CloudFront before
 * the hold: without it S3 refuses, whatever a distribution that is about to change still does.
 */
export function cdnStatement(bucketArn: string, distributionArn: string) {
  return {
    Sid: CDN_STATEMENT_ID,
    Effect: 'Allow' as const,
    Principal: { Service: 'cloudfront.amazonaws.com' },
    Action: ['s3:GetObject', 's3:ListBucket'],
    Resource: [bucketArn, `${bucketArn}/*`],
    Condition: { StringEquals: { 'AWS:SourceArn': distributionArn } },
  };
}
