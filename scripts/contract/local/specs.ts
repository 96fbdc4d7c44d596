import { z } from 'zod';

/**
 * What each part reads from its standard input, as one JSON document. The texts (ceph.conf, nginx.conf)
 * come from the pure builders, so that a change of them shows in `pulumi preview` and runs the part again.
 */

const port = z.int().min(1).max(65535);

/** What every part needs to know. */
const part = z.strictObject({
  home: z.string().startsWith('/'),
  /** Any text: the part is run again where it changes. */
  run: z.string().optional(),
});

export const SupervisorSpec = part;
export type SupervisorSpec = z.infer<typeof SupervisorSpec>;

export const CephClusterSpec = part.extend({
  name: z.string().regex(/^[a-z]+$/),
  /** The text of ceph.conf. */
  configuration: z.string(),
  monitorPort: port,
  osds: z.int().positive(),
  gateways: z.array(z.strictObject({ name: z.string(), port })).min(1),
  principals: z.array(z.strictObject({ name: z.string(), capabilities: z.record(z.string(), z.string()) })),
  /** For one `ceph` process that reads commands. */
  poolCommands: z.array(z.string()),
  /** Arguments of radosgw-admin, one list a command. */
  storageClassCommands: z.array(z.array(z.string())),
});
export type CephClusterSpec = z.infer<typeof CephClusterSpec>;

const StatementSchema = z.looseObject({
  Sid: z.string(),
  Effect: z.enum(['Allow', 'Deny']),
});

export const StoreUsersSpec = part.extend({
  cluster: z.string(),
  endpoint: z.string(),
  region: z.string(),
  /** The user `admin` exists from the cluster's first start on; these beside it. */
  users: z.array(z.string()),
  buckets: z.array(
    z.strictObject({
      name: z.string(),
      /** One of `users`. */
      owner: z.string(),
      /** What the bucket's policy says for us; other statements of it stay. */
      statements: z.array(StatementSchema),
    }),
  ),
});
export type StoreUsersSpec = z.infer<typeof StoreUsersSpec>;

export const PostgresSpec = part.extend({
  databases: z.array(z.string().regex(/^[a-z]+$/)),
  /** Lines of postgresql.conf. */
  settings: z.record(z.string(), z.string()),
});
export type PostgresSpec = z.infer<typeof PostgresSpec>;

export const NginxSpec = part.extend({
  /** The text of nginx.conf. */
  configuration: z.string(),
  /** The text of the njs module that it imports. */
  script: z.string(),
  /** The text of the origin file for the first start; afterwards the cutover owns that file. */
  firstOrigin: z.string(),
  /** Where clients connect. */
  port,
  /** Where Nginx talks to itself. */
  dropPort: port,
  /** The system user of the workers. */
  user: z.string(),
});
export type NginxSpec = z.infer<typeof NginxSpec>;

export const EnvironmentSpec = part.extend({
  /** The whole document; `scripts/contract/environment.ts` says what it holds. */
  document: z.unknown(),
});
export type EnvironmentSpec = z.infer<typeof EnvironmentSpec>;

export const WorkersSpec = part.extend({
  environmentFile: z.string().startsWith('/'),
  nodeBinary: z.string().startsWith('/'),
  projectFolder: z.string().startsWith('/'),
  /** How many sync workers run side by side when sync is started. */
  syncWorkers: z.int().positive(),
  /** Those that are to run; all others are stopped. */
  wanted: z.array(z.string()),
});
export type WorkersSpec = z.infer<typeof WorkersSpec>;
