import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { messageOf, UserError } from './errors.ts';

/**
 * What an environment gives to the migration scripts: endpoints, names of files that hold credentials,
 * bounds. The stack writes it as one JSON document (`environment.json`); no secret is in it.
 */

const seconds = z.number().positive();

/** Access keys by user name. Kept in a file of its own with mode 0600. */
const CredentialsSchema = z.record(
  z.string(),
  z.strictObject({ accessKeyId: z.string().min(1), secretAccessKey: z.string().min(1) }),
);
export type Credentials = { accessKeyId: string; secretAccessKey: string };

/** One S3 endpoint: Amazon S3, or the RGW of a Ceph cluster. */
const StoreEndpointSchema = z.strictObject({
  kind: z.enum(['aws', 'ceph']),
  /** For example `http://127.0.0.1:7480`. */
  endpoint: z.url({ protocol: /^https?$/ }),
  region: z.string().min(1),
  addressing: z.enum(['path', 'virtual']),
  /** A JSON file: user name → `{accessKeyId, secretAccessKey}`. */
  credentialsFile: z.string().min(1),
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
});
export type Move = z.infer<typeof MoveSchema>;

const EnvironmentSchema = z
  .strictObject({
    name: z.enum(['local', 'dev', 'prod']),
    /** A PostgreSQL connection string of the ledger's own database. */
    ledger: z.string().min(1),
    source: StoreEndpointSchema,
    targets: z.record(z.string(), StoreEndpointSchema),
    moves: z.array(MoveSchema).min(1),
    capture: z.strictObject({
      /** Where the source's notifications are pushed to. */
      receiver: z.url({ protocol: /^https?$/ }),
      /** The topic (RGW) or queue (AWS) that the bucket notification names. */
      topic: z.string().min(1),
    }),
    /** The applications' parameter: one JSON document. */
    parameter: z.strictObject({ file: z.string().min(1) }),
    cacheTier: z.strictObject({
      /** What clients talk to for the images, for example `http://127.0.0.1:8080`. */
      endpoint: z.url({ protocol: /^https?$/ }),
      /** The file that Nginx includes and that names its origins. */
      originFile: z.string().min(1),
      /** Makes Nginx read `originFile` again. */
      reload: z.array(z.string()).min(1),
      /** An anonymous read through the cache is never older than this while the origin answers. */
      maxStaleSeconds: seconds,
    }),
    /** Serves the pending list to Nginx. */
    pending: z.strictObject({ endpoint: z.url({ protocol: /^https?$/ }) }),
    /**
     * Makes the source run its lifecycle rules now. Only where the source is an RGW of ours, which
     * otherwise runs them once a night; Amazon S3 does so by itself.
     */
    lifecycleNow: z.array(z.string()).min(1).optional(),
    /** Starts and stops the long-running workers. */
    workers: z.strictObject({ supervisorConfig: z.string().min(1) }),
    bounds: z.strictObject({
      /** How often an application reads its parameter again. */
      refreshSeconds: seconds,
      /** The longest that any one request may take, of applications and of ours. */
      requestSeconds: seconds,
      /** The same while a hold is near, published through the parameter before the hold begins. */
      holdRequestSeconds: seconds,
      /** A hold that has not turned by then is called off. */
      holdLimitSeconds: seconds,
      /** How long a claim lives without being renewed. */
      leaseSeconds: seconds,
      canarySeconds: seconds,
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
    }),
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

/** Keys with this prefix are the migration's own (the canary) and never move. */
export const RESERVED_PREFIX = '.migration/';

/** Checks a document against the schema. Throws a UserError that lists everything that is wrong. */
export function parseEnvironment(document: unknown, origin: string): Environment {
  const result = EnvironmentSchema.safeParse(document);
  if (!result.success) {
    const findings = result.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`);
    throw new UserError(`The environment in ${origin} is not valid:\n${findings.join('\n')}`);
  }
  return result.data;
}

/** Reads the environment document that the stack wrote. */
export async function readEnvironment(file: string): Promise<Environment> {
  return parseEnvironment(await readJson(file, 'the environment'), file);
}

/** Reads the access keys of one user of a store. */
export async function readCredentials(file: string, user: string): Promise<Credentials> {
  const all = CredentialsSchema.safeParse(await readJson(file, 'the credentials'));
  const found = all.success ? all.data[user] : undefined;
  if (found === undefined) {
    const known = all.success ? Object.keys(all.data).join(', ') : 'none, the file is not valid';
    throw new UserError(`No access key for user "${user}" in ${file}; it has: ${known}`);
  }
  return found;
}

async function readJson(file: string, what: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw new UserError(`Cannot read ${what} from ${file}: ${messageOf(error)}`, {
      exitCode: 3,
      cause: error,
    });
  }
}

/** The current time of the move. Everything that counts days asks this and nothing else. */
export function clockOf(environment: Pick<Environment, 'clockAheadSeconds'>): () => Date {
  return () => new Date(Date.now() + environment.clockAheadSeconds * 1000);
}
