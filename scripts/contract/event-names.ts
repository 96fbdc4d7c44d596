/** RGW 16.2.15 raises no events for lifecycle, tags, ACLs or restores and refuses names it does not know. */
export const CEPH_EVENTS: readonly string[] = ['s3:ObjectCreated:*', 's3:ObjectRemoved:*'];

/** What S3's own notification is asked for: all that changes an object, or takes it away. */
export const AWS_EVENTS: readonly string[] = [
  ...CEPH_EVENTS,
  's3:ObjectRestore:Completed',
  's3:ObjectTagging:*',
  's3:ObjectAcl:Put',
  's3:LifecycleExpiration:*',
];

/**
 * The same as EventBridge calls it (`detail-type`), and as S3's notification would: one vocabulary in the
 * log. Deletions have more to them, see `bridgeEventName`.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventBridge.html
 */
export const BRIDGE_EVENTS: Readonly<Record<string, string>> = {
  'Object Created': 'ObjectCreated',
  'Object Deleted': 'ObjectRemoved',
  'Object Restore Completed': 'ObjectRestore:Completed',
  'Object Tags Added': 'ObjectTagging:Put',
  'Object Tags Deleted': 'ObjectTagging:Delete',
  'Object ACL Updated': 'ObjectAcl:Put',
};

/** `reason` of an `Object Created`, which names the call. */
const CREATED_BY: Readonly<Record<string, string>> = {
  PutObject: 'Put',
  'POST Object': 'Post',
  CopyObject: 'Copy',
  CompleteMultipartUpload: 'CompleteMultipartUpload',
};

/** The name that S3's notification would have for an event of EventBridge. */
export function bridgeEventName(event: {
  detailType: string;
  reason?: string | undefined;
  deletionType?: string | undefined;
}): string {
  const name = BRIDGE_EVENTS[event.detailType] ?? event.detailType.replaceAll(' ', '');
  if (name === 'ObjectCreated') return `${name}:${CREATED_BY[event.reason ?? ''] ?? event.reason ?? ''}`;
  if (name !== 'ObjectRemoved') return name;
  const family = event.reason === 'Lifecycle Expiration' ? 'LifecycleExpiration' : name;
  return `${family}:${event.deletionType === 'Delete Marker Created' ? 'DeleteMarkerCreated' : 'Delete'}`;
}

/** Whether two names of a notification document can be raised by one change. */
export function eventsOverlap(a: string, b: string): boolean {
  const covers = (family: string, name: string) =>
    family.endsWith('*') && name.startsWith(family.slice(0, -1));
  return a === b || covers(a, b) || covers(b, a);
}

/**
 * What an event says about its key. Every one that is neither a removal nor an expiry (restores, tags,
 * ACLs, transitions, names that do not exist yet) says "this key changed", which a put does too: replay
 * looks at the object itself.
 */
export function kindOf(eventName: string): 'put' | 'delete' | 'expire' {
  // A rule of the bucket, not a client: Amazon's family and Ceph's.
  if (eventName.startsWith('LifecycleExpiration:')) return 'expire';
  if (eventName.startsWith('ObjectLifecycle:') && !eventName.startsWith('ObjectLifecycle:Transition')) {
    return 'expire';
  }
  return eventName.startsWith('ObjectRemoved:') ? 'delete' : 'put';
}
