import { appendFile, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { PHASES, type Phase } from '../contract/phases.ts';
import { sleep } from '../contract/wait.ts';
import { type Environment } from '../contract/environment.ts';
import { readEnvironment } from '../platform/read-environment.ts';
import { UserError } from '../contract/errors.ts';
import { openLedger } from '../ledger/connect.ts';
import type { Pool } from '../ledger/database.ts';
import { readMove } from '../ledger/move.ts';
import { ensureDebianPackages } from '../tools/toolchain/debian.ts';
import { ensureToolchain } from '../tools/toolchain/index.ts';
import { Clients } from './clients/processes.ts';
import { Engine } from './engine.ts';
import { fillSource } from './input/fill.ts';
import { localPackages } from './packages.ts';
import { homeAt, type Home } from '../contract/local/home-paths.ts';
import { claimHome } from './parts/home.ts';
import { Supervisor } from '../platform/supervisor/supervisor.ts';
import { takeDown } from './parts/down.ts';
import { lockRun } from './run-lock.ts';
import { assertMachine, type LocalSettings } from './settings.ts';

const PROJECT = path.resolve(import.meta.dirname, '../..');

/**
 * The whole move on this machine, step by step: `npm run local` and the tests both drive it through
 * this. Every step may be repeated and goes on where a killed run left it.
 */
export class LocalMove {
  readonly settings: LocalSettings;
  readonly home: Home;
  readonly engine: Engine;
  readonly clients: Clients;
  readonly #say: (line: string) => void;
  readonly #unlock: () => void;

  private constructor(
    settings: LocalSettings,
    engine: Engine,
    say: (line: string) => void,
    unlock: () => void,
  ) {
    this.settings = settings;
    this.home = homeAt(settings.home);
    this.engine = engine;
    this.clients = new Clients(this.home, { rate: settings.rate });
    this.#say = say;
    this.#unlock = unlock;
  }

  /** Installs what is missing and locks the environment; starts nothing of it yet. */
  static async open(settings: LocalSettings, say: (line: string) => void): Promise<LocalMove> {
    assertMachine();
    await ensureDebianPackages(localPackages, { log: say });
    await claimHome(settings.home);
    const unlock = await lockRun(settings.home);
    try {
      const pulumiHome = path.join(settings.home, 'pulumi', 'home');
      const { binDirs } = await ensureToolchain({ log: say, pulumiHome });
      const engine = await Engine.open({ home: settings.home, project: PROJECT, binDirs });
      await engine.setConfig('storage:home', settings.home);
      await engine.setConfig('storage:portBase', String(settings.portBase));
      // After a reboot or a kill of the supervisor all is dead, but no input of the stack changed: change one.
      if (!(await Supervisor.at(homeAt(settings.home).supervisorConfig).isUp())) {
        await engine.setConfig('storage:revive', new Date().toISOString());
      }
      return new LocalMove(settings, engine, say, unlock);
    } catch (error) {
      unlock();
      throw error;
    }
  }

  /** Gives the environment back to the next run; it stays up. */
  close(): Promise<void> {
    return Promise.resolve(this.#unlock());
  }

  /** The document that the stack wrote; only after the first `up`. */
  environment(): Promise<Environment> {
    return readEnvironment(this.home.environmentFile);
  }

  /** Runs with the ledger open. */
  async withLedger<T>(work: (ledger: Pool, environment: Environment) => Promise<T>): Promise<T> {
    const environment = await this.environment();
    const ledger = openLedger(environment.ledger, { max: 4, application: 'npm run local' });
    try {
      return await work(ledger, environment);
    } finally {
      await ledger.end();
    }
  }

  /** Where the ledger says that the move is; `none` where there is no environment yet. */
  async phase(): Promise<Phase | 'none'> {
    try {
      return await this.withLedger(async (ledger) => (await readMove(ledger)).phase);
    } catch {
      return 'none';
    }
  }

  /** Sets the phase and lets the real engine enter it. */
  async enter(phase: Phase): Promise<void> {
    await this.engine.setConfig('storage:phase', phase);
    await this.note('phase-start', { phase });
    await this.engine.up((line) => this.#say(line));
    await this.note('phase-end', { phase });
  }

  /** Puts Food-Co's photographs, documents and awkward keys into the source; what is there stays. */
  async fill(): Promise<void> {
    const environment = await this.environment();
    await mkdir(this.clients.folder, { recursive: true });
    await fillSource(environment, {
      objects: this.settings.objects,
      cacheDir: path.join(cacheFolder(), 'photographs'),
      manifest: this.clients.manifest,
      log: this.#say,
    });
  }

  /** The 15 days pass here: by the stack's setting, which the next `up` carries out. */
  async letDaysPass(): Promise<void> {
    const { bounds } = await this.environment();
    await this.engine.setConfig('storage:clockAheadDays', String(Math.ceil(bounds.keepDays)));
    await this.note('clock', { days: bounds.keepDays });
  }

  /** Waits until nobody has written to S3 for the quiet period. */
  async waitForQuiet(): Promise<void> {
    const { bounds } = await this.environment();
    await sleep((bounds.quietSeconds + 1) * 1000);
  }

  /**
   * One phase with all that belongs to it on this machine: the input after `prepare`, the clients from
   * then on, the straggler around the turn, the quiet before `retain`, the days before `retire`.
   */
  async advance(phase: Phase): Promise<void> {
    switch (phase) {
      case 'prepare':
        await this.enter('prepare');
        await this.fill();
        await this.clients.startFleet();
        break;
      case 'copy':
        await this.enter('copy');
        break;
      case 'cutover':
        await this.clients.startStraggler();
        await this.enter('cutover');
        await this.clients.stragglerDone();
        break;
      case 'retain':
        await this.waitForQuiet();
        await this.enter('retain');
        break;
      case 'retire':
        await this.letDaysPass();
        await this.enter('retire');
        break;
      case 'done':
        await this.enter('done');
        break;
    }
  }

  /** Every phase from where the move is to `through`. A run that was killed goes on. */
  async advanceThrough(through: Phase, onPhase: (phase: Phase) => void = () => undefined): Promise<void> {
    const here = await this.phase();
    const first = here === 'none' ? 0 : PHASES.indexOf(here);
    const last = PHASES.indexOf(through);
    if (last < first) {
      throw new UserError(
        `The move is in ${here} already; --through ${through} lies behind it. To begin again: npm run local:down`,
      );
    }
    for (const phase of PHASES.slice(first, last + 1)) {
      onPhase(phase);
      // The phase that the move is in is entered again: it brings back what was stopped meanwhile.
      await this.advance(phase);
      // A run that was killed in the report left the clients paused.
      if (phase !== 'done') await this.clients.startFleet();
    }
  }

  /** Appends to the record behind the report's time line. */
  async note(event: string, detail: object): Promise<void> {
    await mkdir(this.clients.folder, { recursive: true });
    const line = JSON.stringify({ at: new Date().toISOString(), event, ...detail });
    await appendFile(path.join(this.clients.folder, 'run-events.jsonl'), `${line}\n`);
  }

  /** Removes all that the environment made, and nothing else. */
  static async remove(home: string, say: (line: string) => void): Promise<void> {
    await takeDown(home, { log: say });
  }
}

function cacheFolder(): string {
  const base = process.env['XDG_CACHE_HOME'] ?? path.join(process.env['HOME'] ?? '/root', '.cache');
  return path.join(base, 'storage-local');
}
