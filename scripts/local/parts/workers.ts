import path from 'node:path';
import { UserError } from '../../contract/errors.ts';
import { claimHome } from './home.ts';
import type { Program } from '../../platform/supervisor/programs.ts';
import type { Say } from './run.ts';
import type { WorkersSpec } from '../../contract/local/specs.ts';
import { ensureSupervisor } from '../../platform/supervisor/supervisor.ts';
import { ENTRIES } from '../../contract/entries.ts';

/** The migration's long-running commands, by the supervisor's name for them. */
const COMMANDS = {
  capture: ['capture', 'serve'],
  replay: ['replay', '--follow'],
  pending: ['pending', 'serve'],
  'hold-watch': ['hold', 'watch'],
} as const;

/** The workers of the bulk copy end by themselves; a step of the phase machine starts them. */
const SYNC = 'sync';

/**
 * Makes the supervisor run the wanted workers, and no others. It only learns of the workers of the bulk copy:
 * those that run go on, the others stay stopped.
 */
export async function workersUp(spec: WorkersSpec, say: Say): Promise<{ running: string[] }> {
  const home = await claimHome(spec.home);
  const supervisor = await ensureSupervisor(home);
  const unknown = spec.wanted.filter((name) => !Object.hasOwn(COMMANDS, name));
  if (unknown.length > 0) {
    throw new UserError(
      `No worker is called ${unknown.join(', ')}; there are: ${Object.keys(COMMANDS).join(', ')}`,
    );
  }
  const programs = workerPrograms(spec);
  const copying = (await supervisor.processes()).some(
    (process) => process.group === SYNC && ['RUNNING', 'STARTING'].includes(process.state),
  );
  await supervisor.apply(programs);
  for (const name of Object.keys(COMMANDS)) {
    if (!spec.wanted.includes(name)) await supervisor.stop(name);
  }
  // A change of their number or of the checkout's place has stopped them.
  await supervisor.start([...spec.wanted, ...(copying ? [SYNC] : [])], { deadlineSeconds: 30 });
  say(`workers: ${spec.wanted.length === 0 ? 'none' : spec.wanted.join(', ')}`);
  return { running: spec.wanted };
}

/** The workers as the supervisor runs them. */
export function workerPrograms(spec: Omit<WorkersSpec, 'home' | 'run'>): Program[] {
  const migrate = [spec.nodeBinary, path.join(spec.projectFolder, ENTRIES.migrate)];
  const environment = {
    MIGRATE_ENVIRONMENT: spec.environmentFile,
    // Processes that stream make garbage all the time; by default V8 lets the space for it grow, and with
    // it the buffers that dead objects hold on to (measured with sync: peak 177 MiB without, 160 with).
    NODE_OPTIONS: '--max-semi-space-size=4',
  };
  return [
    ...Object.entries(COMMANDS).map(([name, words]): Program => ({
      name,
      command: [...migrate, ...words],
      environment,
      autostart: spec.wanted.includes(name),
      // RGW may stop delivering for good when it finds the receiver's port closed: one outlives the other,
      // and both are up before the RGW and until after it.
      ...(name === 'capture' && { processes: 2, priority: 1 }),
    })),
    {
      name: SYNC,
      command: [...migrate, 'sync', 'worker'],
      environment,
      autostart: false,
      restart: 'unexpected',
      // A worker that cannot even begin must show as failed, not be tried for ever.
      startAttempts: 10,
      processes: spec.syncWorkers,
    },
  ];
}
