import * as pulumi from '@pulumi/pulumi';
import { partCommand, type LocalRuntime } from './part-command.ts';

export type DatabaseArgs = { runtime: LocalRuntime; databases: string[] };

/** Nothing that trades safety for speed: the ledger must survive whatever is killed. */
const SETTINGS = {
  max_connections: '200',
  shared_buffers: '128MB',
  // The ledger is small and busy: its dead rows go soon.
  autovacuum_naptime: '10s',
};

/**
 * PostgreSQL with a database each for what is kept apart. It listens on a socket that only root may
 * reach; the kernel says who connects, so there is no password.
 */
export class Database extends pulumi.ComponentResource {
  /** Connection strings by database. They hold no secret. */
  readonly connections: pulumi.Output<Record<string, string>>;

  constructor(name: string, args: DatabaseArgs, options?: pulumi.ComponentResourceOptions) {
    super('storage:local:Database', name, {}, options);
    const spec = { databases: args.databases, settings: SETTINGS };
    const up = partCommand<{ databases: Record<string, string> }>(
      `${name}-up`,
      'postgres',
      args.runtime,
      spec,
      {
        parent: this,
      },
    );
    this.connections = up.databases;
    this.registerOutputs({ connections: this.connections });
  }
}
