import * as pulumi from '@pulumi/pulumi';
import type { StoreUsersSpec } from '../../scripts/contract/local/specs.ts';
import { partCommand, type LocalRuntime } from './part-command.ts';

export type StoreUsersArgs = { runtime: LocalRuntime } & Omit<StoreUsersSpec, 'home' | 'run'>;

/** The users and buckets of one store. Made once; what a later step changes about them stays. */
export class StoreUsers extends pulumi.ComponentResource {
  /** Access keys by user name; mode 0600. */
  readonly credentialsFile: pulumi.Output<string>;

  constructor(name: string, args: StoreUsersArgs, options?: pulumi.ComponentResourceOptions) {
    super('storage:local:StoreUsers', name, {}, options);
    const { runtime, ...spec } = args;
    const up = partCommand<{ credentialsFile: string }>(`${name}-up`, 'store-users', runtime, spec, {
      parent: this,
    });
    this.credentialsFile = up.credentialsFile;
    this.registerOutputs({ credentialsFile: this.credentialsFile });
  }
}
