import * as pulumi from '@pulumi/pulumi';
import type { Worker } from '../../scripts/contract/phases.ts';
import { partCommand, type LocalRuntime } from './part-command.ts';

export type WorkersArgs = {
  runtime: LocalRuntime;
  /** Those that are to run; all others are stopped. The bulk copy's are started by a step, not by this. */
  wanted: readonly Worker[];
  /** How many workers of the bulk copy run side by side once it is started. */
  syncWorkers: number;
};

/** The migration's long-running commands, owned by the supervisor. Which ones run depends on the phase. */
export class Workers extends pulumi.ComponentResource {
  readonly running: pulumi.Output<string[]>;

  constructor(name: string, args: WorkersArgs, options?: pulumi.ComponentResourceOptions) {
    super('storage:local:Workers', name, {}, options);
    const { runtime } = args;
    const spec = {
      environmentFile: `${runtime.home}/environment.json`,
      nodeBinary: runtime.nodeBinary,
      projectFolder: runtime.projectFolder,
      syncWorkers: args.syncWorkers,
      wanted: [...args.wanted],
    };
    this.running = partCommand<{ running: string[] }>(`${name}-up`, 'workers', runtime, spec, {
      parent: this,
    }).running;
    this.registerOutputs({ running: this.running });
  }
}
