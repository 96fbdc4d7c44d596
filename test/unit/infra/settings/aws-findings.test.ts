import { describe, expect, it } from 'vitest';
import { parseSettings } from '../../../../infra/config.ts';
import { stackFile } from '../../../support/stack-file.ts';

/** Settings by path, as `pulumi config set --path` takes them; undefined takes one away. */
type Edits = Record<string, unknown>;

/** What the settings of a stack are refused with once they are edited. */
function refusalOf(edits: Edits, stack: 'dev' | 'prod' = 'prod'): string {
  const settings = Object.fromEntries(
    Object.entries(stackFile(stack)).map(([key, text]) => [key.replace('storage:', ''), valueOf(text)]),
  );
  for (const [where, value] of Object.entries(edits)) {
    const parts = where.split('.');
    const last = parts.pop() ?? '';
    const owner = parts.reduce((part, name) => part[name] as Record<string, unknown>, settings);
    if (value === undefined) delete owner[last];
    else owner[last] = value;
  }
  const edited = Object.fromEntries(
    Object.entries(settings).map(([key, value]) => [
      key.includes(':') ? key : `storage:${key}`,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]),
  );
  try {
    parseSettings('storage', edited);
  } catch (error) {
    return (error as Error).message;
  }
  return 'accepted';
}

function valueOf(text: string): unknown {
  return /^[[{]|^(true|false)$/.test(text) ? (JSON.parse(text) as unknown) : text;
}

describe('the stacks of the checkout', () => {
  it.each(['local', 'dev', 'prod'] as const)('%s is right', (stack) => {
    expect(parseSettings('storage', stackFile(stack)).environment).toBe(stack);
  });
});

describe('what does not go together on AWS', () => {
  it.each<[string, Edits, string]>([
    [
      'an instance type that nobody knows for a role',
      { 'ceph.images.nodeGroups.2.instanceType': 'i3en.huge' },
      'storage:ceph.images.nodeGroups[2].instanceType: i3en.huge is not known for hot; known are: g4dn.xlarge',
    ],
    [
      'a role on a machine without its disks',
      { 'ceph.images.nodeGroups.3.instanceType': 'i3en.3xlarge' },
      'i3en.3xlarge has no disks for the role cold (hdd); these have: d3en.xlarge',
    ],
    [
      'fewer zones than the erasure code needs',
      { 'network.zones': ['us-east-1a', 'us-east-1b'] },
      'storage:ceph.images.cold: 3+3 over 2 zones stops writing when one is lost: 3 chunks are left and 4 are needed',
    ],
    [
      'a profile that does not survive a zone',
      { 'ceph.images.cold.dataChunks': 4, 'ceph.images.cold.codingChunks': 2 },
      'storage:ceph.images.cold: 4+2 over 3 zones stops writing when one is lost: 4 chunks are left and 5 are needed',
    ],
    [
      'chunks that zones cannot share',
      { 'ceph.images.cold.dataChunks': 4 },
      '4+3 makes 7 chunks, which 3 zones cannot share evenly',
    ],
    [
      'fewer hosts in a zone than chunks',
      { 'ceph.images.nodeGroups.3.count': 5 },
      '3+3 puts 2 chunks into each zone, each on another host; one zone has only 1 with the role cold',
    ],
    [
      'more copies than nodes',
      { 'ceph.metadata.nodeGroups.0.count': 1 },
      'storage:ceph.metadata.replicas: 3 copies, and only 1 zones with the role hot',
    ],
    [
      'an even quorum',
      { 'ceph.images.nodeGroups.0.count': 4 },
      '4 nodes have the role monitor; a quorum needs 3 or 5',
    ],
    [
      'networks that overlap',
      { 'network.peers': ['10.20.128.0/20'] },
      'storage:network.peers[0]: 10.20.128.0/20 overlaps network.cidr 10.20.0.0/16',
    ],
    [
      'a block that begins in the middle',
      { 'network.cidr': '10.20.1.0/16' },
      'storage:network.cidr: "10.20.1.0/16" begins inside a block; the block of 16 bits that holds it is 10.20.0.0/16',
    ],
    [
      'a zone of another region',
      { 'network.zones.2': 'eu-west-1a' },
      'eu-west-1a is no zone of aws:region us-east-1',
    ],
    ['a bucket without a name', { 'buckets.0.source': undefined }, 'storage:buckets[0].source: not set'],
    [
      'two moves into one bucket',
      { 'buckets.1.cluster': 'images', 'buckets.1.target': 'food-co-images' },
      "another entry's target already",
    ],
    [
      'a bucket of production made again',
      { 'buckets.0.create': true },
      'prod adopts the one that holds the data',
    ],
    [
      'an archive that must be restored',
      { 'buckets.0.archive.0.storageClass': 'DEEP_ARCHIVE' },
      'storage:buckets[0].archive[0].storageClass',
    ],
    [
      'a Kubernetes API for everybody',
      { 'kubernetes.publicAccessFrom': ['0.0.0.0/0'] },
      'opens the Kubernetes API to 4294967296 addresses',
    ],
    [
      'a cache without disks',
      { 'kubernetes.cache.instanceType': 'm7i.large' },
      'm7i.large has no local NVMe for the cache; these have: g4dn.xlarge',
    ],
    ['a GPU node without a GPU', { 'kubernetes.gpu.instanceType': 'm7i.large' }, 'm7i.large has no GPU'],
    [
      'a cache tier that shrinks below its least',
      { 'kubernetes.cache.minimum': 12 },
      '12 is more than kubernetes.cache.maximum, 9',
    ],
    [
      'a database that pauses in production',
      { 'database.minimumCapacity': 0 },
      'the hold would wait for it to wake',
    ],
    ['an S3 that is kept too short', { keepDays: 3 }, '3 is less than the 15 days'],
    [
      'an image without its digest',
      { image: 'storage:latest' },
      'storage:image: must be an image with its digest',
    ],
    [
      'a name outside the zone',
      { 'domain.images': 'images.other.example' },
      'images.other.example is not in the hosted zone food-co.example',
    ],
    [
      'a setting of the local stack',
      { portBase: 8000 },
      'storage:portBase: has no meaning in this environment. Remove it: pulumi config rm storage:portBase',
    ],
    ['a misspelt part', { 'network.natGateway': 'one' }, 'storage:network: there is no "natGateway" in it'],
    ['a region that is not set', { 'aws:region': undefined }, 'aws:region: not set'],
  ])('refuses %s', (_what, edit, message) => {
    expect(refusalOf(edit)).toContain(message);
  });

  it.each(['dev', 'prod'] as const)(
    'refuses a step that waits on %s: the function has 15 minutes',
    (stack) => {
      expect(refusalOf({ wait: true }, stack)).toContain(
        'storage:wait: true has a step wait for the bulk copy, and on AWS a step ends after 15 minutes',
      );
    },
  );

  it('says everything at once', () => {
    const message = refusalOf({
      'network.peers': ['10.20.0.0/24'],
      'ceph.images.nodeGroups.1.instanceType': 'g4dn.none',
      'ceph.metadata.nodeGroups.0.count': 2,
      keepDays: 1,
    });
    expect(message.split('\n  - ')).toHaveLength(6);
  });

  it('lets a rehearsal do what production may not', () => {
    expect(refusalOf({ alarmEmails: [] }, 'dev')).toBe('accepted');
    expect(refusalOf({ alarmEmails: [] })).toContain('storage:alarmEmails');
  });
});
