import * as pulumi from '@pulumi/pulumi';
import { partCommand, type LocalRuntime } from './part-command.ts';

export type SupervisorArgs = { runtime: LocalRuntime };

/** The process that owns every daemon and restarts it: Pulumi's refresh does not see a dead one. */
export class Supervisor extends pulumi.ComponentResource {
  /** Its configuration file; `supervisorctl -c FILE status` shows the daemons. */
  readonly configFile: pulumi.Output<string>;

  constructor(name: string, args: SupervisorArgs, options?: pulumi.ComponentResourceOptions) {
    super('storage:local:Supervisor', name, {}, options);
    const up = partCommand<{ config: string }>(
      `${name}-up`,
      'supervisor',
      args.runtime,
      {},
      { parent: this },
    );
    this.configFile = up.config;
    this.registerOutputs({ configFile: this.configFile });
  }
}
