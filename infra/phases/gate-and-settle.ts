import * as command from '@pulumi/command';
import * as pulumi from '@pulumi/pulumi';
import { originOf, parameterOf, type Phase } from '../../scripts/contract/phases.ts';

export type PhaseStepArgs = {
  /** The phase that the configuration asks for. */
  phase: Phase;
  /** How a step is started here; the words of the step follow. */
  migrate: string;
  /** Names that the step needs, as variables: nothing that changes from one update to the next. */
  environment: Record<string, pulumi.Input<string>>;
};

/**
 * The gate: one resource that exists in every phase. Its `create` and `update` are the same command, its
 * inputs are the phase and names and nothing else. No `triggers` (these replace: the new `create` runs
 * before the old `delete`) and no `delete`: `pulumi destroy` runs no step.
 *
 * All that a phase changes depends on it, so a gate that refuses changes nothing.
 */
export class PhaseGate extends pulumi.ComponentResource {
  /** The phase that the ledger let the stack into: the gate's own output, never the configuration. */
  readonly phase: pulumi.Output<string>;

  constructor(name: string, args: PhaseStepArgs, options?: pulumi.ComponentResourceOptions) {
    super('storage:phases:PhaseGate', name, {}, options);
    const step = phaseCommand(`${name}-enter`, 'phase enter', args, { parent: this });
    this.phase = step.stdout;
    this.registerOutputs({ phase: this.phase });
  }
}

/**
 * What a phase needs after all its parts have changed, and the record of the arrival.
 *
 * What the step turns is among its inputs too, so that a preview shows a reviewer what neither is a
 * resource's nor may be one: the applications' parameter and Nginx's origin order, which only the hold turns.
 */
export class PhaseSettle extends pulumi.ComponentResource {
  readonly phase: pulumi.Output<string>;

  constructor(name: string, args: PhaseStepArgs, options?: pulumi.ComponentResourceOptions) {
    super('storage:phases:PhaseSettle', name, {}, options);
    const environment = {
      ...args.environment,
      APPLICATIONS_PARAMETER: parameterOf(args.phase),
      NGINX_ORIGIN: originOf(args.phase),
    };
    const step = phaseCommand(`${name}-run`, 'phase settle', { ...args, environment }, { parent: this });
    this.phase = step.stdout;
    this.registerOutputs({ phase: this.phase });
  }
}

function phaseCommand(
  name: string,
  words: string,
  args: PhaseStepArgs,
  options: pulumi.CustomResourceOptions,
): command.local.Command {
  return new command.local.Command(
    name,
    {
      create: `${args.migrate} ${words}`,
      update: `${args.migrate} ${words}`,
      environment: { ...args.environment, MIGRATE_PHASE: args.phase },
      logging: command.local.Logging.Stderr,
    },
    // A step may wait for the whole bulk copy (storage:wait); the engine's own limit would end it.
    { ...options, customTimeouts: { create: '720h', update: '720h' } },
  );
}
