import type { Ask } from '../as-amazon.ts';

/** What a request to AWS needs a right to: an action, and the resource that it is about. */
export type Asked = { action: string; resource: string };

/** What a request asks for, as IAM names it. `place` is `REGION:ACCOUNT`. */
export function askedOfAws({ method, url, headers, body }: Ask, place: string): Asked[] {
  const target = headers['x-amz-target'];
  return target === undefined
    ? askedOfS3(method, url, Object.keys(headers))
    : [askedOfService(String(target), JSON.parse(body.toString()) as Record<string, string>, place)];
}

/** Of the APIs that speak JSON, by their header: `AmazonSSM.GetParameter`. */
function askedOfService(target: string, input: Record<string, string>, place: string): Asked {
  const [service = '', action = ''] = target.split('.');
  switch (service) {
    case 'AmazonSSM':
      return { action: `ssm:${action}`, resource: `arn:aws:ssm:${place}:parameter${input['Name']}` };
    case 'AmazonSQS':
      return {
        action: `sqs:${action}`,
        resource: `arn:aws:sqs:${place}:${input['QueueUrl']?.split('/').at(-1)}`,
      };
    case 'secretsmanager': {
      const id = input['SecretId'] ?? '';
      // The service adds a hyphen and six characters to a name.
      const resource = id.startsWith('arn:') ? id : `arn:aws:secretsmanager:${place}:secret:${id}-??????`;
      return { action: `secretsmanager:${action}`, resource };
    }
    default:
      throw new Error(`No name in IAM is known for the service of ${target}`);
  }
}

/** Of https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html */
const OF_BUCKETS: Record<string, string> = {
  'GET acl': 's3:GetBucketAcl',
  'GET lifecycle': 's3:GetLifecycleConfiguration',
  'GET list-type': 's3:ListBucket',
  'GET notification': 's3:GetBucketNotification',
  'GET object-lock': 's3:GetBucketObjectLockConfiguration',
  'GET ownershipControls': 's3:GetBucketOwnershipControls',
  'GET publicAccessBlock': 's3:GetBucketPublicAccessBlock',
  'GET policy': 's3:GetBucketPolicy',
  'GET uploads': 's3:ListBucketMultipartUploads',
  'GET versioning': 's3:GetBucketVersioning',
  'GET versions': 's3:ListBucketVersions',
  'HEAD ': 's3:ListBucket',
  'PUT lifecycle': 's3:PutLifecycleConfiguration',
  'PUT notification': 's3:PutBucketNotification',
  'PUT policy': 's3:PutBucketPolicy',
  'PUT versioning': 's3:PutBucketVersioning',
  'DELETE lifecycle': 's3:PutLifecycleConfiguration',
  'DELETE policy': 's3:DeleteBucketPolicy',
};
const OF_OBJECTS: Record<string, string> = {
  'GET ': 's3:GetObject',
  'GET acl': 's3:GetObjectAcl',
  'GET tagging': 's3:GetObjectTagging',
  'GET versionId': 's3:GetObjectVersion',
  'HEAD ': 's3:GetObject',
  'HEAD partNumber': 's3:GetObject',
  'HEAD versionId': 's3:GetObjectVersion',
  'PUT ': 's3:PutObject',
  'DELETE ': 's3:DeleteObject',
};
const OTHER_PARAMETERS = ['encoding-type', 'prefix', 'max-keys', 'start-after', 'continuation-token'];

function askedOfS3(method: string, target: string, headers: readonly string[]): Asked[] {
  const { pathname, searchParams } = new URL(target, 'http://store');
  const [, bucket = '', key = ''] = /^\/([^/]*)\/?(.*)$/s.exec(decodeURIComponent(pathname)) ?? [];
  const [about = ''] = [...searchParams.keys()].filter((name) => !OTHER_PARAMETERS.includes(name));
  const action = (key === '' ? OF_BUCKETS : OF_OBJECTS)[`${method} ${about}`];
  // The administrator's requests to RGW look like those for objects.
  if (bucket === 'admin') return [];
  if (action === undefined) throw new Error(`No action of IAM is known for ${method} ${target}`);
  const resource = `arn:aws:s3:::${bucket}${key === '' ? '' : `/${key}`}`;
  const withAcl = method === 'PUT' && headers.some((name) => /^x-amz-(acl$|grant-)/.test(name));
  return [{ action, resource }, ...(withAcl ? [{ action: 's3:PutObjectAcl', resource }] : [])];
}
