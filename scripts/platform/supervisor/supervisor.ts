import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { messageOf, UserError } from '../../contract/errors.ts';
import { writeFileAtomic } from '../write-file.ts';
import type { Home } from '../../contract/local/home-paths.ts';
import { withLock } from '../lock-file.ts';
import { programText, supervisorConfig, supervisorSocket, type Program } from './programs.ts';
import { call, Fault, type Value } from './xml-rpc.ts';

/** A process as supervisord sees it; the states are those of its documentation, "Process States". */
export type ProcessState = {
  group: string;
  name: string;
  state: 'STOPPED' | 'STARTING' | 'RUNNING' | 'BACKOFF' | 'STOPPING' | 'EXITED' | 'FATAL' | 'UNKNOWN';
  /** 0 where none runs. */
  pid: number;
  exitStatus: number;
};

/** Faults that mean "it is so already". */
const BAD_NAME = 10;
const ALREADY_STARTED = 60;
const NOT_RUNNING = 70;
const ALREADY_ADDED = 90;

/** The environment of every process that we start: nothing of AWS, no proxy, no token. */
export const CLEAN_ENVIRONMENT = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LANG: 'C.UTF-8',
  HOME: '/root',
};

/** Talks to one supervisord over its socket. */
export class Supervisor {
  readonly #socket: string;
  readonly #programs: string;
  readonly #log: string;

  private constructor(socket: string, folder: string) {
    this.#socket = socket;
    this.#programs = path.join(folder, 'supervisor.d');
    this.#log = path.join(folder, 'log');
  }

  /** The one that a configuration file of ours describes; whether it runs shows at the first call. */
  static at(configFile: string): Supervisor {
    const folder = path.dirname(configFile);
    return new Supervisor(supervisorSocket(path.join(folder, 'run')), folder);
  }

  async isUp(): Promise<boolean> {
    try {
      const state = (await call(this.#socket, 'supervisor.getState', [])) as { statename: string };
      return state.statename === 'RUNNING';
    } catch {
      return false;
    }
  }

  pid(): Promise<number> {
    return this.#call('getPID') as Promise<number>;
  }

  async processes(): Promise<ProcessState[]> {
    const all = (await this.#call('getAllProcessInfo')) as Record<string, Value>[];
    return all.map((info) => ({
      group: info['group'] as string,
      name: info['name'] as string,
      state: info['statename'] as ProcessState['state'],
      pid: Number(info['pid']),
      exitStatus: Number(info['exitstatus']),
    }));
  }

  /** Whether it has a program of that name. */
  async knows(name: string): Promise<boolean> {
    return (await this.processes()).some((process) => process.group === name);
  }

  /**
   * Registers programs, each in a file and a group of its own: adds what is new, restarts what changed, and
   * leaves alone what is the same or not named.
   */
  async apply(programs: readonly Program[]): Promise<void> {
    for (const program of programs) {
      const file = path.join(this.#programs, `${program.name}.conf`);
      await writeFileAtomic(file, programText(program, { log: this.#log }), { mode: 0o600 });
    }
    // The supervisor compares the files with what runs, which repairs a run that was killed half-way.
    const [[, changed]] = (await this.#call('reloadConfig')) as [[string[], string[], string[]]];
    for (const { name } of programs) {
      if (changed.includes(name)) {
        await this.stop(name);
        await this.#call('removeProcessGroup', name).catch(ignore(BAD_NAME));
      }
      await this.#call('addProcessGroup', name).catch(ignore(ALREADY_ADDED));
    }
  }

  /** Applies programs and waits until all run. Throws UserError (exit 3) with the end of the log. */
  async bring(programs: readonly Program[], options: { deadlineSeconds: number }): Promise<void> {
    await this.apply(programs);
    await this.start(
      programs.map((program) => program.name),
      options,
    );
  }

  /** Starts what of these is not running, and waits until all run. Throws UserError (exit 3) with the end of the log. */
  async start(groups: readonly string[], options: { deadlineSeconds: number }): Promise<void> {
    const until = performance.now() + options.deadlineSeconds * 1000;
    for (const group of groups) {
      await this.#call('startProcessGroup', group, false).catch(ignore(ALREADY_STARTED));
    }
    for (;;) {
      const waiting = (await this.processes()).filter(
        (process) => groups.includes(process.group) && !isStarted(process),
      );
      if (waiting.length === 0) return;
      const [first] = waiting as [ProcessState];
      if (performance.now() > until) {
        const log = path.join(this.#log, `${first.name}.log`);
        throw new UserError(
          `${first.name} does not run (${first.state}) after ${options.deadlineSeconds} s. Its log, ${log}, ends:\n${await tail(log)}`,
          { exitCode: 3 },
        );
      }
      await sleep(100);
    }
  }

  /** Stops a group and waits until it has stopped; nothing where there is none. */
  async stop(group: string): Promise<void> {
    await this.#call('stopProcessGroup', group, true).catch(ignore(BAD_NAME, NOT_RUNNING));
  }

  async shutdown(): Promise<void> {
    await this.#call('shutdown');
  }

  async #call(method: string, ...params: (string | boolean)[]): Promise<Value> {
    try {
      return await call(this.#socket, `supervisor.${method}`, params);
    } catch (error) {
      if (error instanceof Fault) throw error;
      throw new UserError(
        `The supervisor of the local environment does not answer at ${this.#socket} (${messageOf(error)}). ` +
          'Bring it up again: npm run local.',
        { exitCode: 3, cause: error },
      );
    }
  }
}

/**
 * The state of a group: `running` where any of its processes runs or is being started again, `ended` where
 * all have done their work, `failed` where one was given up and none runs, `stopped` where it was asked to stop.
 */
export type GroupState = 'running' | 'ended' | 'failed' | 'stopped';

/** Pure part of `groupState`. */
export function groupStateOf(processes: readonly Pick<ProcessState, 'state' | 'exitStatus'>[]): GroupState {
  const running = ['STARTING', 'RUNNING', 'BACKOFF', 'STOPPING'];
  if (processes.some(({ state }) => running.includes(state))) return 'running';
  if (
    processes.some(({ state, exitStatus }) => state === 'FATAL' || (state === 'EXITED' && exitStatus !== 0))
  ) {
    return 'failed';
  }
  return processes.some(({ state }) => state === 'EXITED') ? 'ended' : 'stopped';
}

/** Throws UserError (exit 3) where the supervisor has no such group. */
export async function groupState(supervisorConfigFile: string, group: string): Promise<GroupState> {
  const all = await Supervisor.at(supervisorConfigFile).processes();
  const processes = all.filter((process) => process.group === group);
  if (processes.length === 0) throw unknownGroup(supervisorConfigFile, group);
  return groupStateOf(processes);
}

/** Starts a group and waits until each of its processes has run for a second or has done its work. */
export async function startGroup(supervisorConfigFile: string, group: string): Promise<void> {
  const supervisor = Supervisor.at(supervisorConfigFile);
  if (!(await supervisor.knows(group))) throw unknownGroup(supervisorConfigFile, group);
  await supervisor.start([group], { deadlineSeconds: 30 });
}

function unknownGroup(supervisorConfigFile: string, group: string): UserError {
  return new UserError(
    `The supervisor (${supervisorConfigFile}) has no group "${group}". Bring the environment up again: npm run local.`,
    { exitCode: 3 },
  );
}

/** Makes sure that the home's supervisord runs. It starts all programs that it had before. */
export async function ensureSupervisor(home: Home): Promise<Supervisor> {
  return withLock(`${home.folder} supervisord`, () => startSupervisor(home));
}

async function startSupervisor(home: Home): Promise<Supervisor> {
  await writeFileAtomic(home.supervisorConfig, supervisorConfig(home), { mode: 0o600 });
  const supervisor = Supervisor.at(home.supervisorConfig);
  if (await supervisor.isUp()) return supervisor;
  await rm(supervisorSocket(home.run), { force: true });
  const started = await execa('/usr/bin/supervisord', ['-c', home.supervisorConfig], {
    extendEnv: false,
    env: CLEAN_ENVIRONMENT,
    cwd: '/',
    reject: false,
    all: true,
  });
  const until = performance.now() + 20_000;
  while (!(await supervisor.isUp())) {
    if (started.failed || performance.now() > until) {
      throw new UserError(
        `supervisord did not start: ${started.all}\n${await tail(path.join(home.log, 'supervisord.log'))}`,
        { exitCode: 3 },
      );
    }
    await sleep(50);
  }
  return supervisor;
}

/** It runs, or it has already done what it was started for. */
function isStarted({ state, exitStatus }: ProcessState): boolean {
  return state === 'RUNNING' || (state === 'EXITED' && exitStatus === 0);
}

/** The last lines of a log, for an error message. */
export async function tail(file: string, lines = 8): Promise<string> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text.trimEnd().split('\n').slice(-lines).join('\n');
}

function ignore(...codes: number[]): (error: unknown) => null {
  return (error) => {
    if (error instanceof Fault && codes.includes(error.code)) return null;
    throw error;
  };
}
