/** What the computation stands on, beside the stack's settings. A figure without a source has to be measured. */
export type Figure = {
  what: string;
  value: number;
  unit: string;
  /** Where it comes from. None: an assumption. */
  source?: string;
  /** What an assumption rests on. */
  because?: string;
};

const GIB = 2 ** 30;

export const FIGURES = {
  bytes: {
    what: 'all that moves ("200 TB")',
    value: 204_800 * GIB,
    unit: 'bytes',
    source: 'what was asked for',
  },
  firstByte: {
    what: 'S3: until the first byte of an object',
    value: 0.15,
    unit: 's',
    source: '[100–200 ms](https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance.html)',
  },
  getsPerPrefix: {
    what: 'S3: GET a second, of each partition of the keys',
    value: 5500,
    unit: '/s',
    source: '[at least](https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance.html)',
  },
  partitions: {
    what: 'S3: partitions that the workers read at once',
    value: 1,
    unit: '',
    because: 'the least; S3 splits what is asked for much, and workers are spread over all keys',
  },
  keysPerList: {
    what: 'S3: keys in a page of a listing',
    value: 1000,
    unit: '',
    source: '[ListObjectsV2](https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html)',
  },
  head: {
    what: 'a HEAD, on S3 or RGW',
    value: 0.05,
    unit: 's',
    because: 'no body, no disk of ours',
  },
  put: {
    what: 'RGW: a PUT, with room on all disks',
    value: 0.05,
    unit: 's',
    because: 'two index operations on NVMe and a chunk on each of six hard disks',
  },
  workerProcessor: {
    what: 'a worker’s processor for an object of 52 kB',
    value: 0.0005,
    unit: 's',
    source: 'measured: 1.9–2.1 s for 4,000 objects, on loopback without TLS',
  },
  comparerProcessor: {
    what: 'the processor of a comparison, for a key',
    value: 0.0006,
    unit: 's',
    because: 'four requests without a body, over TLS',
  },
  workerBytes: {
    what: 'a worker’s processor for each further byte',
    value: 1 / 500e6,
    unit: 's',
    because: 'MD5 and TLS twice, 500 MB/s on one core',
  },
  putsPerGateway: {
    what: 'RGW: PUT a second of one gateway of 8 processors',
    value: 1500,
    unit: '/s',
    because: 'one RGW made 430 a second here, sharing two processors with three OSDs and the client',
  },
  writesPerFlash: {
    what: 'an NVMe OSD: small writes a second',
    value: 10_000,
    unit: '/s',
    because: 'RocksDB with its compactions, not the disk, is what limits them',
  },
  writesPerHardDisk: {
    what: 'a hard disk: writes a second at random places',
    value: 100,
    unit: '/s',
    because: '7,200 turns a minute',
  },
  writesPerChunk: {
    what: 'a chunk on a hard disk: writes at random places',
    value: 2,
    unit: '',
    because: 'the chunk itself and the OSD’s log; nothing of these nodes is on flash',
  },
  flashedDisk: {
    what: 'PUT a second and hard disk of a cluster whose OSDs keep their metadata on flash (64 kB, 4+2)',
    value: 17_000 / 318,
    unit: '/s',
    source:
      '[17,000 a second](https://www.redhat.com/en/resources/data-solutions-overview) on 318 disks of 16 TB',
  },
  indexEntry: {
    what: 'an index: an object’s entry',
    value: 250,
    unit: 'bytes',
    because: 'a key of 60 bytes, what a listing tells of it, RocksDB’s room to compact',
  },
  objectHead: {
    what: 'the head of an object whose bytes are elsewhere',
    value: 2000,
    unit: 'bytes',
    because: 'its attributes, policy and manifest in an OSD’s RocksDB',
  },
  ledgerCommits: {
    what: 'Aurora: short transactions a second',
    value: 2000,
    unit: '/s',
    because: 'at 16 capacity units, each transaction waits for its log to be on disks of three zones',
  },
  commitsPerBatch: {
    what: 'ledger: transactions for each batch of keys (claim, check of the epoch, release, checkpoint)',
    value: 4,
    unit: '',
    source: 'scripts/move/sync',
  },
  keysPerBatch: {
    what: 'ledger: keys in a batch, of this mean size',
    value: Math.floor((64 * 2 ** 20) / ((204_800 * GIB) / 600e6)),
    unit: '',
    source: 'scripts/move/sync: at most 256 keys or 64 MiB',
  },
  eventSeconds: {
    what: 'capture: a Lambda with its ten messages',
    value: 0.2,
    unit: 's',
    because: 'ten messages are written in one transaction',
  },
} satisfies Record<string, Figure>;
