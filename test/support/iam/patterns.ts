/** Texts with `*` and `?`, as policies write actions and resources. */

/** Whether some text matches both patterns. */
export function overlap(one: string, other: string): boolean {
  const known = new Map<string, boolean>();
  const from = (i: number, j: number): boolean => {
    const key = `${i} ${j}`;
    const before = known.get(key);
    if (before !== undefined) return before;
    const answer = step(i, j);
    known.set(key, answer);
    return answer;
  };
  const step = (i: number, j: number): boolean => {
    const [a, b] = [one[i], other[j]];
    if (a === undefined && b === undefined) return true;
    if (a === '*') return from(i + 1, j) || (b !== undefined && from(i, j + 1));
    if (b === '*') return from(i, j + 1) || (a !== undefined && from(i + 1, j));
    if (a === undefined || b === undefined) return false;
    return (a === b || a === '?' || b === '?') && from(i + 1, j + 1);
  };
  return from(0, 0);
}

/**
 * Whether a resource of a policy may be one of the type that AWS describes by an ARN such as
 * `arn:${Partition}:s3:::${BucketName}/${ObjectName}`.
 */
export function isOfType(resource: string, arn: string): boolean {
  if (resource === '*') return true;
  const parts = (text: string) => {
    const [prefix, partition, service, region, account, ...rest] = text.split(':');
    return [prefix, partition, service, region, account, rest.join(':')].map((part) => part ?? '');
  };
  // A bucket's name has no slash; elsewhere a name may.
  if (arn.endsWith(':${BucketName}') && resource.includes('/')) return false;
  const described = parts(arn).map((part) => part.replace(/\$\{[^}]+\}/g, '*'));
  return parts(resource).every((part, index) => overlap(part, described[index] ?? ''));
}

/** Whether it names all of a type, of a service or of AWS, and not some by a part of their name. */
export function isWhole(resource: string): boolean {
  if (resource === '*') return true;
  const [, , service = '', , account = '', ...rest] = resource.split(':');
  if (account.includes('*')) return true;
  const [first = '', ...others] = rest.join(':').split(/[/:]/);
  // Objects are below their bucket's name, which has no type before it. Elsewhere the first part is the type,
  // and further types come between names: `autoScalingGroup:*:autoScalingGroupName/*`.
  if (service === 's3' || others.length === 0) return /^\*/.test(first);
  return others.every((part) => part === '*' || /Name$/.test(part));
}
