import { z } from 'zod';
import { bucketShape, commonShape, count, partName, uniqueNames } from './common.ts';

/**
 * The settings of the stacks `dev` and `prod`. Every key says what it changes in cost or time;
 * `Pulumi.dev.yaml` and `Pulumi.prod.yaml` say what each costs.
 */

const cidr = z
  .string()
  .regex(/^\d{1,3}(\.\d{1,3}){3}\/\d{1,2}$/, 'must be a block of addresses such as 10.20.0.0/16');
const instanceType = z
  .string()
  .regex(/^[a-z0-9-]+\.[a-z0-9-]+$/, 'must be an instance type such as g4dn.2xlarge');
const hostName = z
  .string()
  .regex(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/, 'must be a host name such as images.example.com');
const digestedImage = z
  .string()
  .regex(/^[^@\s]+@sha256:[0-9a-f]{64}$/, 'must be an image with its digest: NAME@sha256:…');

/** Instantly readable classes only: an object that must be restored first cannot be copied, nor served. */
export const ARCHIVE_CLASSES = ['STANDARD_IA', 'INTELLIGENT_TIERING', 'GLACIER_IR'] as const;

const AwsBucketSchema = z.strictObject({
  ...bucketShape,
  /** How changes are captured. `eventbridge` where the customer's own notification rules overlap ours. */
  events: z.enum(['notification', 'eventbridge']).default('notification'),
  /** While S3 is the store: moves what lies below a prefix to a cheaper class after some days. */
  archive: z
    .array(z.strictObject({ prefix: z.string(), afterDays: count, storageClass: z.enum(ARCHIVE_CLASSES) }))
    .default([]),
  /** Uploads begun and never ended cost storage and stop `retire`; they are aborted after so many days. */
  abortUploadsAfterDays: count.default(7),
  /** The key that encrypts the bucket, where it is SSE-KMS: the copy must be allowed to decrypt. */
  kmsKeyArn: z.string().startsWith('arn:').optional(),
  /** Makes an empty bucket for a rehearsal. Only in dev: in prod the customer's own bucket is adopted. */
  create: z.boolean().default(false),
});
export type AwsBucket = z.infer<typeof AwsBucketSchema>;

const NetworkSchema = z.strictObject({
  /** The addresses of the VPC; a /16 leaves room for 100 copy workers with an address a pod. */
  cidr,
  /** Networks that will be reached from here (peerings, VPN): must not overlap `cidr`. */
  peers: z.array(cidr).default([]),
  /** The zones by name, in this order for ever: subnets, nodes and failure domains are counted by it. */
  zones: z.array(z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d[a-z]$/, 'must be a zone such as us-east-1a')),
  natGateways: z.enum(['one', 'one-per-zone']),
  /** Private endpoints of AWS' own services: each costs per zone and hour; without, calls go through NAT. */
  interfaceEndpoints: z.boolean(),
});

/** What a Ceph node is there for; one machine may have several. */
export const CEPH_ROLES = ['monitor', 'gateway', 'hottest', 'hot', 'cold'] as const;
export type CephRole = (typeof CEPH_ROLES)[number];

const CephNodeGroupSchema = z.strictObject({
  name: partName,
  /**
   * `monitor`: mon and mgr · `gateway`: RGW · `hottest`: indexes and metadata pools on local NVMe (g4dn) ·
   * `hot`: the STANDARD class on NVMe · `cold`: the erasure-coded class on hard disks.
   */
  roles: z.array(z.enum(CEPH_ROLES)).min(1),
  instanceType,
  /** Nodes, spread over the zones in turn. Growing adds nodes at the end and touches no other. */
  count,
});
export type CephNodeGroup = z.infer<typeof CephNodeGroupSchema>;

const CephClusterSchema = z.strictObject({
  nodeGroups: z.array(CephNodeGroupSchema).min(1).refine(uniqueNames, 'two have one name'),
  /** Copies of indexes and of the STANDARD class, each on another failure domain; 2 must be up to write. */
  replicas: z.int().min(1).max(3),
  /** Where copies and chunks are kept apart: by zone in prod, by host where there are fewer zones. */
  failureDomain: z.enum(['zone', 'host']),
  /** The erasure-coded class; none where no node group is cold. */
  cold: z
    .strictObject({
      dataChunks: count,
      codingChunks: count,
      storageClass: z.enum(['STANDARD_IA', 'ONEZONE_IA', 'GLACIER_IR']).default('STANDARD_IA'),
      /** Objects move from the hot class after so many days. */
      afterDays: count,
    })
    .optional(),
  /** Objects expected in the largest bucket: the index is sharded for them from the start. */
  objectsExpected: count,
});
export type CephSettings = z.infer<typeof CephClusterSchema>;

const KubernetesSchema = z.strictObject({
  version: z.string().regex(/^1\.\d+$/, 'must be a version such as "1.34"'),
  /** Who may reach the API from outside the VPC (the CI runners' fixed addresses). Empty: nobody. */
  publicAccessFrom: z.array(cidr).default([]),
  /**
   * IAM roles, by ARN, that may read what is in the cluster: of previews on pull requests and of the
   * search for drift, which cannot look without (docs/bootstrap.md). They must exist.
   */
  readers: z
    .array(z.string().regex(/^arn:aws:iam::\d{12}:role\/[\w+=,.@/-]+$/, 'must be the ARN of an IAM role'))
    .default([]),
  /** Nodes for what is neither cache nor copy: addons, replay, the hold's watch. */
  system: z.strictObject({ instanceType, count }),
  /** One Nginx a node, its cache on the node's local NVMe. */
  cache: z.strictObject({ instanceType, minimum: count, maximum: count }),
  /** The bulk copy, on spot: none while nothing is copied. */
  copy: z.strictObject({ instanceTypes: z.tuple([instanceType], instanceType), maximum: count }),
  /** Thumbnails on GPUs (g4dn); none until a later system uses them. */
  gpu: z.strictObject({ instanceType, maximum: z.int().nonnegative() }),
});

const DatabaseSchema = z.strictObject({
  /** In Aurora capacity units of 2 GiB; 0 lets an idle database pause (first query waits 15 s). */
  minimumCapacity: z.number().min(0).max(128).multipleOf(0.5),
  maximumCapacity: z.number().min(1).max(128).multipleOf(0.5),
  /** Standby readers in other zones. Failover takes seconds with one, minutes with none. */
  readers: z.int().min(0).max(2),
  backupDays: z.int().min(1).max(35),
});

const DomainSchema = z.strictObject({
  /** The hosted zone, public, that exists already. */
  zone: hostName,
  zoneId: z.string().regex(/^Z[A-Z0-9]+$/, 'must be the id of a Route 53 hosted zone, such as Z0123456789'),
  /** What browsers use. */
  images: hostName,
  /** What applications use for S3: `CLUSTER.OBJECTS` and `BUCKET.CLUSTER.OBJECTS`; private. */
  objects: hostName,
});

export const AwsSettingsSchema = z.strictObject({
  environment: z.enum(['dev', 'prod']),
  ...commonShape,
  /** The account, so that nobody updates another by mistake. */
  account: z.string().regex(/^\d{12}$/, 'must be the 12 digits of an account; quote them'),
  /** Who pays and who answers: on every resource as tags `owner` and `cost-center`. */
  owner: z.string().min(1),
  costCenter: z.string().min(1),
  buckets: z.array(AwsBucketSchema).min(1).refine(uniqueNames, 'two have one name'),
  network: NetworkSchema,
  domain: DomainSchema,
  kubernetes: KubernetesSchema,
  database: DatabaseSchema,
  ceph: z.strictObject({ images: CephClusterSchema, metadata: CephClusterSchema }),
  /** The image of the pods (this repository, Node and Nginx), as CI built and pushed it. */
  image: digestedImage,
  /** Ceph's image, through the account's pull-through cache of quay.io. */
  cephImage: digestedImage,
  alarmEmails: z.array(z.email()).default([]),
  logDays: z
    .literal([30, 60, 90, 180, 365, 731], 'must be one of 30, 60, 90, 180, 365, 731 days')
    .default(90),
});
export type AwsSettings = z.infer<typeof AwsSettingsSchema>;
