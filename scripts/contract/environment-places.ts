import { z } from 'zod';

/**
 * What of an environment is of one kind on one machine and of another on AWS. Each is recognised by its
 * `kind`, so that the one place that knows both is the module that uses it.
 */

const region = z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'must be a region such as us-east-1');

/**
 * Where a user's keys of a store are. `file`: JSON of a file with mode 0600, user name →
 * `{accessKeyId, secretAccessKey}`. `ambient`: what the process itself was given on AWS (a pod's identity,
 * a function's role), the same for every user name. `profile`: one of AWS' shared files, the same for every
 * user name. `secrets-manager`: a secret each, named `prefix` + user.
 */
export const CredentialsSourceSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('file'), file: z.string().min(1) }),
  z.strictObject({ kind: z.literal('ambient') }),
  z.strictObject({ kind: z.literal('profile'), profile: z.string().min(1) }),
  z.strictObject({ kind: z.literal('secrets-manager'), prefix: z.string().min(1), region }),
]);
export type CredentialsSource = z.infer<typeof CredentialsSourceSchema>;

/**
 * A database on a server: a PostgreSQL connection string, or an Aurora that takes IAM tokens for passwords.
 * Its certificate is always checked, against RDS' own authorities unless `certificateAuthority` (a file of
 * PEM) names others.
 */
export const DatabaseServerSchema = z.union([
  z.string().min(1),
  z.strictObject({
    kind: z.literal('rds-iam'),
    host: z.string().min(1),
    port: z.int().positive(),
    database: z.string().min(1),
    user: z.string().min(1),
    region,
    certificateAuthority: z.string().min(1).optional(),
  }),
]);
export type DatabaseServer = z.infer<typeof DatabaseServerSchema>;

/** The ledger's database: on a server, or in a folder, where one process at a time has it. */
export const LedgerSchema = z.union([
  DatabaseServerSchema,
  z.strictObject({ kind: z.literal('embedded'), folder: z.string().min(1) }),
]);
export type LedgerAddress = z.infer<typeof LedgerSchema>;

/** A server, and how to log in as its administrator: once, to make users that log in by tokens. */
export const DatabasesSchema = z.strictObject({
  host: z.string().min(1),
  port: z.int().positive(),
  region,
  /** The secret that RDS keeps the administrator's password in. */
  administratorSecret: z.string().startsWith('arn:'),
  /** Whether it is an Aurora, whose SQL can ask models. */
  models: z.boolean(),
  certificateAuthority: z.string().min(1).optional(),
});

/** Where the source's notifications go: an HTTP receiver that RGW pushes to, or a queue that S3 fills. */
export const CaptureSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('push'),
    receiver: z.url({ protocol: /^https?$/ }),
    /** The topic (RGW) that the bucket notification names. */
    topic: z.string().min(1),
  }),
  z.strictObject({
    kind: z.literal('sqs'),
    queueUrl: z.url({ protocol: /^https?$/ }),
    queueArn: z.string().startsWith('arn:'),
    /** Where messages end that could not be stored. */
    deadLetterUrl: z.url({ protocol: /^https?$/ }).optional(),
    region,
  }),
]);

/** The receiver of the Ceph clusters' notifications, and where it keeps them. */
export const EventsSchema = z.strictObject({
  /** Where the receiver itself listens, for example `http://0.0.0.0:8090/events`. */
  listen: z.url({ protocol: /^http$/ }),
  /** Where the clusters push to: a load balancer's name, with the path of `listen`. */
  pushEndpoint: z.url({ protocol: /^https?$/ }),
  /** The topic's name on every cluster. */
  topic: z.string().min(1),
  database: DatabaseServerSchema,
});

export const ParameterPlaceSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('file'), file: z.string().min(1) }),
  z.strictObject({ kind: z.literal('ssm'), name: z.string().startsWith('/'), region }),
]);

/** How Nginx is made to take up another origin: one by its file, or a fleet of pods that follow the ledger. */
export const TurnSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('file'),
    /** The file that Nginx includes and that names its origins. */
    originFile: z.string().min(1),
    /** Makes Nginx read `originFile` again. */
    reload: z.array(z.string()).min(1),
  }),
  z.strictObject({
    kind: z.literal('pods'),
    namespace: z.string().min(1),
    /** Of the pods' labels, for example `app=cache-tier`. */
    selector: z.string().min(1),
    /** Where each answers `/_origin`. */
    port: z.int().positive(),
  }),
]);

export const WorkersSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('supervisor'), supervisorConfig: z.string().min(1) }),
  z.strictObject({
    kind: z.literal('kubernetes'),
    cluster: z.strictObject({
      name: z.string().min(1),
      endpoint: z.url({ protocol: /^https$/ }),
      /** Base64 of PEM, as EKS gives it. */
      certificateAuthority: z.base64(),
      region,
    }),
    namespace: z.string().min(1),
    /** ConfigMaps whose key `job.json` is the Job to make. */
    copyJobTemplate: z.string().min(1),
    verifyJobTemplate: z.string().min(1),
  }),
]);
export type KubernetesWorkers = Extract<z.infer<typeof WorkersSchema>, { kind: 'kubernetes' }>;
