import { describe, expect, it } from 'vitest';
import { parseSettings } from '../../../../infra/config.ts';
import { stackFile } from '../../../support/stack-file.ts';

/** What `edit` makes of production's settings is refused with what is returned. */
function refusalOf(
  edit: (settings: Record<string, unknown>) => void,
  stack: 'dev' | 'prod' = 'prod',
): string {
  const all = stackFile(stack);
  const settings = Object.fromEntries(
    Object.entries(all).map(([key, text]) => [key.replace('storage:', ''), valueOf(text)]),
  );
  edit(settings);
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

// The settings are edited as whoever writes the stack's file would: by path.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Loose = any;

describe('the stacks of the checkout', () => {
  it.each(['local', 'dev', 'prod'] as const)('%s is right', (stack) => {
    expect(parseSettings('storage', stackFile(stack)).environment).toBe(stack);
  });
});

describe('what does not go together on AWS', () => {
  it.each<[string, (settings: Loose) => void, string]>([
    [
      'an instance type that nobody knows for a role',
      (s) => (s.ceph.images.nodeGroups[2].instanceType = 'i3en.huge'),
      'storage:ceph.images.nodeGroups[2].instanceType: i3en.huge is not known for hot; known are: g4dn.xlarge',
    ],
    [
      'a role on a machine without its disks',
      (s) => (s.ceph.images.nodeGroups[3].instanceType = 'i3en.3xlarge'),
      'i3en.3xlarge has no disks for the role cold (hdd); these have: d3en.xlarge',
    ],
    [
      'fewer zones than the erasure code needs',
      (s) => (s.network.zones = ['us-east-1a', 'us-east-1b']),
      'storage:ceph.images.cold: 3+3 over 2 zones stops writing when one is lost: 3 chunks are left and 4 are needed',
    ],
    [
      'a profile that does not survive a zone',
      (s) => (s.ceph.images.cold = { ...s.ceph.images.cold, dataChunks: 4, codingChunks: 2 }),
      'storage:ceph.images.cold: 4+2 over 3 zones stops writing when one is lost: 4 chunks are left and 5 are needed',
    ],
    [
      'chunks that zones cannot share',
      (s) => (s.ceph.images.cold = { ...s.ceph.images.cold, dataChunks: 4, codingChunks: 3 }),
      '4+3 makes 7 chunks, which 3 zones cannot share evenly',
    ],
    [
      'fewer hosts in a zone than chunks',
      (s) => (s.ceph.images.nodeGroups[3].count = 5),
      '3+3 puts 2 chunks into each zone, each on another host; one zone has only 1 with the role cold',
    ],
    [
      'more copies than nodes',
      (s) => (s.ceph.metadata.nodeGroups[0].count = 1),
      'storage:ceph.metadata.replicas: 3 copies, and only 1 zones with the role hot',
    ],
    [
      'an even quorum',
      (s) => (s.ceph.images.nodeGroups[0].count = 4),
      '4 nodes have the role monitor; a quorum needs 3 or 5',
    ],
    [
      'networks that overlap',
      (s) => (s.network.peers = ['10.20.128.0/20']),
      'storage:network.peers[0]: 10.20.128.0/20 overlaps network.cidr 10.20.0.0/16',
    ],
    [
      'a block that begins in the middle',
      (s) => (s.network.cidr = '10.20.1.0/16'),
      '10.20.1.0/16 begins in the middle of a /16; did you mean 10.20.0.0/16?',
    ],
    [
      'a zone of another region',
      (s) => (s.network.zones[2] = 'eu-west-1a'),
      'eu-west-1a is no zone of aws:region us-east-1',
    ],
    ['a bucket without a name', (s) => delete s.buckets[0].source, 'storage:buckets[0].source: not set'],
    [
      'two moves into one bucket',
      (s) => (s.buckets[1] = { ...s.buckets[0], name: 'b', source: 'other' }),
      "another entry's target already",
    ],
    [
      'a bucket of production made anew',
      (s) => (s.buckets[0].create = true),
      'prod adopts the one that holds the data',
    ],
    [
      'an archive that must be restored',
      (s) => (s.buckets[0].archive[0].storageClass = 'DEEP_ARCHIVE'),
      'storage:buckets[0].archive[0].storageClass',
    ],
    [
      'a Kubernetes API for everybody',
      (s) => (s.kubernetes.publicAccessFrom = ['0.0.0.0/0']),
      'opens the Kubernetes API to 4294967296 addresses',
    ],
    [
      'a cache without disks',
      (s) => (s.kubernetes.cache.instanceType = 'm7i.large'),
      'm7i.large has no local NVMe for the cache; these have: g4dn.xlarge',
    ],
    [
      'a GPU node without a GPU',
      (s) => (s.kubernetes.gpu.instanceType = 'm7i.large'),
      'm7i.large has no GPU',
    ],
    [
      'a cache tier that shrinks below its least',
      (s) => (s.kubernetes.cache.minimum = 12),
      '12 is more than kubernetes.cache.maximum, 9',
    ],
    [
      'a database that pauses in production',
      (s) => (s.database.minimumCapacity = 0),
      'the hold would wait for it to wake',
    ],
    ['an S3 that is kept too short', (s) => (s.keepDays = 3), '3 is less than the 15 days'],
    [
      'an image without its digest',
      (s) => (s.image = 'storage:latest'),
      'storage:image: must be an image with its digest',
    ],
    [
      'a name outside the zone',
      (s) => (s.domain.images = 'images.other.example'),
      'images.other.example is not in the hosted zone food-co.example',
    ],
    [
      'a setting of the local stack',
      (s) => (s.portBase = 8000),
      'storage:portBase: has no meaning in this environment. Remove it: pulumi config rm storage:portBase',
    ],
    [
      'a misspelt part',
      (s) => (s.network.natGateway = 'one'),
      'storage:network: there is no "natGateway" in it',
    ],
    ['a region that is not set', (s) => delete s['aws:region'], 'aws:region: not set'],
  ])('refuses %s', (_what, edit, message) => {
    expect(refusalOf(edit)).toContain(message);
  });

  it('says everything at once', () => {
    const message = refusalOf((s: Loose) => {
      s.network.peers = ['10.20.0.0/24'];
      s.ceph.images.nodeGroups[1].instanceType = 'g4dn.none';
      s.ceph.metadata.replicas = 3;
      s.ceph.metadata.nodeGroups[0].count = 2;
      s.keepDays = 1;
    });
    expect(message.split('\n  - ')).toHaveLength(6);
  });

  it('lets a rehearsal do what production may not', () => {
    expect(refusalOf((s: Loose) => (s.alarmEmails = []), 'dev')).toBe('accepted');
    expect(refusalOf((s: Loose) => (s.alarmEmails = []))).toContain('storage:alarmEmails');
  });
});
