import { z } from 'zod';
import {
  CaptureSchema,
  CredentialsSourceSchema,
  DatabasesSchema,
  EventsSchema,
  LedgerSchema,
  ParameterPlaceSchema,
  TurnSchema,
  WorkersSchema,
} from './environment-places.ts';
import { UserError } from './errors.ts';

export type {
  CredentialsSource,
  DatabaseServer,
  KubernetesWorkers,
  LedgerAddress,
} from './environment-places.ts';

/**
 * What an environment gives to the migration scripts: endpoints, names of files that hold credentials,
 * bounds. The stack writes it as one JSON document (`environment.json`); no secret is in it.
 */

const seconds = z.number().positive();

/** One S3 endpoint: Amazon S3, or the RGW of a Ceph cluster. */
const StoreEndpointSchema = z.strictObject({
  kind: z.enum(['aws', 'ceph']),
  /** For example `http://127.0.0.1:7480`. */
  endpoint: z.url({ protocol: /^https?$/ }),
  region: z.string().min(1),
  addressing: z.enum(['path', 'virtual']),
  credentials: CredentialsSourceSchema,
  /** A PEM file of authorities that are trusted beside Node's own. Default: what AWS_CA_BUNDLE or the profile names. */
  caBundle: z.string().min(1).optional(),
  /**
   * Only what lies below this folder is there, and keys are named without it. Default: the whole bucket. Only
   * where one bucket of the endpoint moves.
   */
  prefix: z.string().endsWith('/').optional(),
  /**
   * `ignore`: grants to others than the owner are neither read nor compared here, which saves a request an
   * object. Then copies have none: set it on both sides, or comparisons report what differs. Default: `copy`.
   * Never read where Amazon S3 says that ACLs are off (object ownership `BucketOwnerEnforced`).
   */
  acls: z.enum(['copy', 'ignore']).optional(),
});
export type StoreEndpoint = z.infer<typeof StoreEndpointSchema>;

/** One bucket that moves. */
const MoveSchema = z.strictObject({
  /** The name by which people and the ledger know it, for example `images`. */
  name: z.string().regex(/^[a-z][a-z0-9-]*$/),
  sourceBucket: z.string().min(3),
  /** A key of `targets`. */
  targetCluster: z.string(),
  targetBucket: z.string().min(3),
  /**
   * How Amazon S3 tells of changes: its own notification, or EventBridge where the customer's rules
   * overlap ours. Default: `notification`.
   */
  events: z.enum(['notification', 'eventbridge']).optional(),
  /** While S3 is the store: what lies below a prefix moves to a cheaper class after some days. */
  archive: z
    .array(z.strictObject({ prefix: z.string(), afterDays: z.int().positive(), storageClass: z.string() }))
    .optional(),
  /**
   * Objects whose last change on the source is so many days ago are written to the target's storage class of
   * this name at once, and not where new ones go first: a lifecycle rule would take them there later, but the
   * hot pool need not hold all of a bucket until then. Default: none are.
   */
  coldClass: z.strictObject({ storageClass: z.string().min(1), afterDays: z.int().nonnegative() }).optional(),
  /** Uploads begun and never ended are aborted after so many days; none are, where this is not set. */
  abortUploadsAfterDays: z.int().positive().optional(),
});
export type Move = z.infer<typeof MoveSchema>;

const EnvironmentSchema = z
  .strictObject({
    /** `standalone`: no stack's, but of two endpoints that a command line named. It has no phases. */
    name: z.enum(['local', 'dev', 'prod', 'standalone']),
    /** The ledger's own database. */
    ledger: LedgerSchema,
    /** The server that the databases are made on. Not where the stack makes them itself. */
    databases: DatabasesSchema.optional(),
    source: StoreEndpointSchema,
    targets: z.record(z.string(), StoreEndpointSchema),
    moves: z.array(MoveSchema).min(1),
    capture: CaptureSchema,
    /** Where the Ceph clusters' own notifications go, for the workers that listen to them. None on one machine. */
    events: EventsSchema.optional(),
    /** The applications' parameter: one JSON document. */
    parameter: ParameterPlaceSchema,
    cacheTier: z.strictObject({
      /** What clients talk to for the images, for example `http://127.0.0.1:8080`. */
      endpoint: z.url({ protocol: /^https?$/ }),
      /** An anonymous read through the cache is never older than this while the origin answers. */
      maxStaleSeconds: seconds,
      turn: TurnSchema,
      /**
       * The endpoint of S3 in the cache tier's VPC, through which it reads the images as anybody: a
       * statement of the source buckets' policy lets it. Only on AWS.
       */
      sourceVpcEndpoint: z.string().startsWith('vpce-').optional(),
      /**
       * The parameter of Systems Manager that holds the ARN of the CloudFront distribution, which fails over to
       * S3 while that is the store. Read when it is needed: the distribution is made after the gate. Only on AWS.
       */
      distributionParameter: z.string().startsWith('/').optional(),
    }),
    /** Serves the pending list to Nginx. */
    pending: z.strictObject({ endpoint: z.url({ protocol: /^https?$/ }) }),
    /**
     * Makes the source run its lifecycle rules now. Only where the source is an RGW of ours, which
     * otherwise runs them once a night; Amazon S3 does so by itself.
     */
    lifecycleNow: z.array(z.string()).min(1).optional(),
    /** Starts and stops the long-running workers. */
    workers: WorkersSchema,
    bounds: z.strictObject({
      /** How often an application reads its parameter again. */
      refreshSeconds: seconds,
      /** The longest that any one request may take, of applications and of ours. */
      requestSeconds: seconds,
      /** The same while a hold is near, published through the parameter before the hold begins. */
      holdRequestSeconds: seconds,
      /** A hold that has not turned by then is called off. */
      holdLimitSeconds: seconds,
      /**
       * How long after the turn S3 may still tell of what was done before the hold. Amazon's events come "typically
       * in seconds", sometimes a minute or longer.
       */
      lateEventSeconds: seconds,
      /** How long a claim lives without being renewed. */
      leaseSeconds: seconds,
      canarySeconds: seconds,
      /** No canary came through for this long: events may be lost, and older certificates are stale. Default: 600. */
      canarySilenceSeconds: seconds.default(600),
      /** Both listings were last merged less than this before the turn. Default: a day. */
      certificateSeconds: seconds.default(86_400),
      /** Replay may lag at most this much when a cutover begins. */
      lagSeconds: seconds,
      /** No write by anyone but us on S3 for this long, before `retain`. */
      quietSeconds: seconds,
      /** How long S3 is kept after the cutover. */
      keepDays: z.number().positive(),
    }),
    sync: z.strictObject({
      workers: z.int().positive(),
      /** Objects in flight per worker. */
      concurrency: z.int().positive(),
      keysPerShard: z.int().positive(),
      /** How long a worker waits in all for a store that gives trouble before it gives up. Default: 60. */
      backoffSeconds: z.number().nonnegative().optional(),
    }),
    verify: z
      .strictObject({
        /** Keys compared at once, each by requests to both sides: what one RGW answers, times how many there are. Default: 32. */
        concurrency: z.int().positive(),
      })
      .optional(),
    /** Whether a step waits for the long work that it started. */
    wait: z.boolean(),
    /** Added to the clock, so that a rehearsal need not wait 15 days. Only where `name` is `local`. */
    clockAheadSeconds: z.number().nonnegative().default(0),
  })
  .superRefine((value, context) => {
    if (value.name !== 'local' && value.clockAheadSeconds !== 0) {
      context.addIssue({
        code: 'custom',
        path: ['clockAheadSeconds'],
        message: 'only the local environment may move the clock',
      });
    }
    if (value.cacheTier.turn.kind === 'pods' && value.workers.kind !== 'kubernetes') {
      context.addIssue({
        code: 'custom',
        path: ['cacheTier', 'turn'],
        message: 'pods are found through the cluster that "workers" names: its kind must be kubernetes',
      });
    }
    for (const [index, move] of value.moves.entries()) {
      if (!(move.targetCluster in value.targets)) {
        context.addIssue({
          code: 'custom',
          path: ['moves', index, 'targetCluster'],
          message: `no target "${move.targetCluster}"; there are: ${Object.keys(value.targets).join(', ')}`,
        });
      }
    }
  });
export type Environment = z.infer<typeof EnvironmentSchema>;

/** Checks a document against the schema. Throws a UserError that lists everything that is wrong. */
export function parseEnvironment(document: unknown, origin: string): Environment {
  const result = EnvironmentSchema.safeParse(document);
  if (!result.success) {
    const findings = result.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`);
    throw new UserError(`The environment in ${origin} is not valid:\n${findings.join('\n')}`);
  }
  return result.data;
}

/** The current time of the move. Everything that counts days asks this and nothing else. */
export function clockOf(environment: Pick<Environment, 'clockAheadSeconds'>): () => Date {
  return () => new Date(Date.now() + environment.clockAheadSeconds * 1000);
}
