import path from 'node:path';
import { sleep } from '../../contract/wait.ts';
import { UserError } from '../../contract/errors.ts';
import type { Home } from '../../contract/local/home-paths.ts';
import type { Program } from '../../platform/supervisor/programs.ts';
import { groupState, Supervisor, tail } from '../../platform/supervisor/supervisor.ts';
import { clientFiles } from './files.ts';
import { readFleetStatus, type FleetStatus } from './status-file.ts';

const FLEET = 'clients';
const STRAGGLER = 'straggler';
const START_SECONDS = 30;
const LOOK_EVERY_MILLISECONDS = 200;

/**
 * The processes of Food-Co's applications, under the same supervisor as the daemons: they outlive the run
 * that started them, and a killed one goes on from its journal.
 */
export class Clients {
  /** Holds manifest, journals, status and samples. */
  readonly folder: string;
  readonly manifest: string;
  readonly #home: Home;
  readonly #rate: number;

  /** @param options.rate operations a second of all clients together */
  constructor(home: Home, options: { rate: number }) {
    this.#home = home;
    this.#rate = options.rate;
    this.folder = path.join(home.folder, 'clients');
    this.manifest = clientFiles(this.folder).manifest;
  }

  get #supervisor(): Supervisor {
    return Supervisor.at(this.#home.supervisorConfig);
  }

  /** Applications that follow the parameter; they read and write until `stop`. */
  async startFleet(): Promise<void> {
    const program = this.#program(FLEET, 'fleet.ts', ['--rate', String(this.#rate)]);
    await this.#supervisor.bring([{ ...program, stopSeconds: 60 }], { deadlineSeconds: START_SECONDS });
  }

  /** A client that ignores the hold and uses presigned URLs of S3. It ends by itself. */
  async startStraggler(): Promise<void> {
    const program = this.#program(STRAGGLER, 'straggler.ts', []);
    await this.#supervisor.bring([{ ...program, restart: 'unexpected' }], { deadlineSeconds: START_SECONDS });
  }

  /** Waits until the straggler has done all its operations. Throws UserError where it failed instead. */
  async stragglerDone(): Promise<void> {
    for (;;) {
      const state = await groupState(this.#home.supervisorConfig, STRAGGLER);
      if (state === 'ended') return;
      if (state !== 'running') {
        const log = path.join(this.#home.log, `${STRAGGLER}.log`);
        throw new UserError(
          `The straggler did not end by itself (${state}). ${log} ends:\n${await tail(log)}`,
        );
      }
      await sleep(LOOK_EVERY_MILLISECONDS);
    }
  }

  /** No request of the fleet is in flight when this returns; what it knows is kept. */
  pauseFleet(): Promise<void> {
    return this.#supervisor.stop(FLEET);
  }

  async resumeFleet(): Promise<void> {
    await this.#supervisor.start([FLEET], { deadlineSeconds: START_SECONDS });
  }

  /** Ends all clients. */
  async stop(): Promise<void> {
    await Promise.all([this.#supervisor.stop(FLEET), this.#supervisor.stop(STRAGGLER)]);
  }

  /** What the fleet has done so far; null before its first half second. */
  fleetStatus(): Promise<FleetStatus | null> {
    return readFleetStatus(clientFiles(this.folder).fleetStatus);
  }

  #program(name: string, script: string, words: readonly string[]): Program {
    return {
      name,
      command: [
        process.execPath,
        '--no-warnings',
        path.join(import.meta.dirname, script),
        '--environment',
        this.#home.environmentFile,
        '--home',
        this.folder,
        ...words,
      ],
      autostart: false,
    };
  }
}
