/**
 * RGW names a bucket of another tenant `TENANT:BUCKET` in a path, and one without a tenant `:BUCKET`.
 * https://docs.ceph.com/en/latest/radosgw/multitenancy/
 */

/** The tenant, null where none is named, and the name within it. */
export function splitBucket(bucket: string): { tenant: string | null; name: string } {
  const colon = bucket.indexOf(':');
  return colon < 0
    ? { tenant: null, name: bucket }
    : { tenant: bucket.slice(0, colon), name: bucket.slice(colon + 1) };
}

/** How policies name a bucket: RGW puts the tenant where Amazon puts an account. */
export function bucketArn(bucket: string): string {
  const { tenant, name } = splitBucket(bucket);
  return `arn:aws:s3::${tenant ?? ''}:${name}`;
}
