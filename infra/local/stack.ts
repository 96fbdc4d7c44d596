import path from 'node:path';
import type * as pulumi from '@pulumi/pulumi';
import type { Environment } from '../../scripts/contract/environment.ts';
import type { LocalSettings } from '../settings/local.ts';
import { PhaseGate, PhaseSettle } from '../phases/gate-and-settle.ts';
import { workersIn } from '../../scripts/contract/phases.ts';
import { LocalEnvironment, Workers, type LocalRuntime } from './index.ts';
import { ENTRIES } from '../../scripts/contract/entries.ts';

const SECONDS_A_DAY = 86_400;

/**
 * The stack `local`: the environment that all phases share, the gate that everything which a phase changes
 * depends on, that, and settle.
 */
export function localStack(settings: LocalSettings): Record<string, pulumi.Input<unknown>> {
  const runtime: LocalRuntime = {
    home: settings.home,
    nodeBinary: process.execPath,
    projectFolder: path.resolve(import.meta.dirname, '../..'),
    run: settings.revive,
  };
  const environment = new LocalEnvironment('local', {
    runtime,
    portBase: settings.portBase,
    buckets: settings.buckets,
    bounds: boundsOf(settings),
    sync: { workers: settings.syncWorkers, concurrency: 8, keysPerShard: 500 },
    wait: settings.wait,
    clockAheadSeconds: settings.clockAheadDays * SECONDS_A_DAY,
  });

  const step = {
    phase: settings.phase,
    migrate: `${runtime.nodeBinary} ${runtime.projectFolder}/${ENTRIES.migrate}`,
    environment: { MIGRATE_ENVIRONMENT: environment.environmentFile },
  };
  const gate = new PhaseGate('phase-gate', step, { dependsOn: environment });
  const workers = new Workers(
    'workers',
    { runtime, wanted: workersIn(settings.phase), syncWorkers: settings.syncWorkers },
    { dependsOn: gate },
  );
  new PhaseSettle('phase-settle', step, { dependsOn: workers });

  return {
    phase: gate.phase,
    environmentFile: environment.environmentFile,
    endpoints: environment.endpoints,
  };
}

/** What the scripts may take and must wait for. Days of a cloud are seconds on one machine. */
function boundsOf(settings: LocalSettings): Environment['bounds'] {
  return {
    refreshSeconds: settings.refreshMilliseconds / 1000,
    requestSeconds: settings.requestSeconds,
    holdRequestSeconds: settings.holdRequestMilliseconds / 1000,
    holdLimitSeconds: settings.holdLimitSeconds,
    lateEventSeconds: settings.lateEventSeconds,
    leaseSeconds: 6,
    canarySeconds: 5,
    // An RGW that was restarted delivers again within two minutes.
    canarySilenceSeconds: 180,
    certificateSeconds: settings.certificateHours * 3600,
    lagSeconds: 10,
    quietSeconds: settings.quietSeconds,
    keepDays: settings.keepDays,
  };
}
