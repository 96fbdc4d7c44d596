import * as aws from '@pulumi/aws';
import type * as pulumi from '@pulumi/pulumi';

/** Closes a bucket to the public, whatever its ACLs and policies come to say. Policies are to come after it. */
export function blockPublicAccess(
  name: string,
  bucket: pulumi.Input<string>,
  options: pulumi.CustomResourceOptions,
): aws.s3.BucketPublicAccessBlock {
  return new aws.s3.BucketPublicAccessBlock(
    name,
    {
      bucket,
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    },
    options,
  );
}
