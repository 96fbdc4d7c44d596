import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { readParameter, type Parameter } from '../../platform/applications-parameter/parameter.ts';
import type { Environment } from '../../contract/environment.ts';
import { parameterFileOf } from '../places.ts';
import { until, Deadline } from '../../contract/wait.ts';
import { readManifest } from '../input/manifest.ts';
import { Application } from './attempts.ts';
import { Bodies } from './bodies.ts';
import { FleetClient } from './client.ts';
import { clientFiles, type ClientFiles } from './files.ts';
import { Holdings } from './holdings.ts';
import { allJsonLines, JsonLines, readJsonLines, type JournalLine } from './journal.ts';
import { ownerOf } from './ownership.ts';
import { PlainReader } from './reading.ts';
import type { Shared } from './shared.ts';
import { Statistics, type FleetSample, type Finding } from './statistics.ts';
import { readFleetStatus, writeStatus, type FleetStatus } from './status-file.ts';
import { World } from './world.ts';

const STATUS_EVERY_MS = 500;
const SAMPLE_EVERY_MS = 1000;
const TICK_MS = 10;
/** After a pause of the process it does not catch up on the operations that were due meanwhile. */
const MOST_AT_ONCE = 4;
/** How much longer than the longest request an attempt without an answer may take to arrive. */
const ARRIVAL_MARGIN_MS = 3000;
const PARAMETER_SECONDS = 3600;

export type FleetOptions = { home: string; rate: number; clients: number; signal?: AbortSignal };

/** All logical clients of one process. */
export class Fleet {
  readonly #environment: Environment;
  readonly #options: FleetOptions;
  readonly #files: ClientFiles;
  readonly #shared: Shared;
  readonly #clients: FleetClient[];
  readonly #defects: unknown[];

  private constructor(
    environment: Environment,
    options: FleetOptions,
    parts: { files: ClientFiles; shared: Shared; clients: FleetClient[]; defects: unknown[] },
  ) {
    this.#environment = environment;
    this.#options = options;
    this.#files = parts.files;
    this.#shared = parts.shared;
    this.#clients = parts.clients;
    this.#defects = parts.defects;
  }

  /** Rebuilds what must be there from manifest and journal; waits until there is a parameter. */
  static async open(environment: Environment, options: FleetOptions): Promise<Fleet> {
    await mkdir(options.home, { recursive: true });
    const files = clientFiles(options.home);
    await until('the applications’ parameter', new Deadline(PARAMETER_SECONDS), async () => {
      if (options.signal?.aborted === true) return true;
      return (
        (await readParameter(environment)) !== null || `${parameterFileOf(environment)} is not there yet`
      );
    });
    const now = () => performance.timeOrigin + performance.now();
    const quietMs = environment.bounds.requestSeconds * 1000 + ARRIVAL_MARGIN_MS;
    const journalled = readJsonLines<JournalLine>(files.fleetJournal);
    const { world, nextId } = await World.rebuild(readManifest(files.manifest), journalled, {
      now: now(),
      quietMs,
    });
    const statistics = new Statistics();
    statistics.resume(
      await readFleetStatus(files.fleetStatus),
      await allJsonLines<Finding>(files.fleetFindings),
    );
    const journal = new JsonLines<JournalLine>(files.fleetJournal);
    journal.append({ type: 'start', at: now() });
    let id = nextId;
    const defects: unknown[] = [];
    const onRetry = () => void statistics.retries++;
    const shared: Shared = {
      environment,
      applications: new Map(
        environment.moves.map(({ name }) => [
          name,
          new Application(parameterFileOf(environment), name, { onRetry }),
        ]),
      ),
      journal,
      findings: new JsonLines<Finding>(files.fleetFindings),
      statistics,
      bodies: new Bodies(),
      plain: new PlainReader(),
      random: Math.random,
      now,
      nextId: () => id++,
      quietMs,
      onDefect: (error) => void defects.push(error),
    };
    const clients = assign(world, environment, options.clients).map(
      (holdings, number) => new FleetClient(number, shared, holdings),
    );
    return new Fleet(environment, options, { files, shared, clients, defects });
  }

  /** Goes on until the signal; then lets what is under way end. Throws what no client expects. */
  async run(stopped: AbortSignal): Promise<void> {
    const { statistics } = this.#shared;
    const series = new JsonLines<FleetSample>(this.#files.fleetSeries);
    let skipped = 0;
    let parameter = await readParameter(this.#environment);
    let writing: Promise<void> | undefined;
    const status = async (running: boolean): Promise<void> => {
      parameter = await readParameter(this.#environment).catch(() => parameter);
      await writeStatus(this.#files.fleetStatus, this.#status(running, skipped, parameter));
    };
    await status(true);
    const statusTimer = setInterval(() => {
      // On a busy disk one may take longer than the interval: never two at once.
      writing ??= status(true)
        .catch(this.#shared.onDefect)
        .finally(() => (writing = undefined));
    }, STATUS_EVERY_MS);
    const sampleTimer = setInterval(
      () => series.append(statistics.sample(parameter?.state ?? 's3')),
      SAMPLE_EVERY_MS,
    );
    const stop = new AbortController();
    let due = 0;
    let turn = 0;
    let before = performance.now();
    const tickTimer = setInterval(() => {
      if (this.#defects.length > 0) return stop.abort();
      const now = performance.now();
      due = Math.min(due + ((now - before) / 1000) * this.#options.rate, MOST_AT_ONCE);
      before = now;
      for (; due >= 1; due--) {
        if (this.#clients[turn++ % this.#clients.length]?.tick() === false) skipped++;
      }
    }, TICK_MS);
    const end = AbortSignal.any([stopped, stop.signal]);
    if (!end.aborted) await once(end, 'abort');
    clearInterval(tickTimer);
    await Promise.all(this.#clients.map((client) => client.idle()));
    clearInterval(statusTimer);
    clearInterval(sampleTimer);
    series.append(statistics.sample(parameter?.state ?? 's3'));
    series.close();
    this.#shared.journal.close();
    this.#shared.findings.close();
    await this.#shared.plain.close();
    await writing;
    await status(false);
    if (this.#defects.length > 0) throw this.#defects[0];
  }

  #status(running: boolean, skipped: number, parameter: Parameter | null): FleetStatus {
    return {
      at: new Date().toISOString(),
      pid: process.pid,
      running,
      rate: this.#options.rate,
      clients: this.#options.clients,
      skipped,
      parameter:
        parameter === null
          ? null
          : { state: parameter.state, version: parameter.version, epoch: parameter.epoch },
      residentBytes: process.memoryUsage.rss(),
      ...this.#shared.statistics.summary(),
    };
  }
}

/** Gives each client the keys that it owns, in every bucket. */
function assign(world: World, environment: Environment, clients: number): Holdings[][] {
  const keys = Array.from({ length: clients }, () => new Map<string, string[]>());
  for (const { name: move } of environment.moves) {
    for (const [key] of world.keys(move)) {
      const owner = ownerOf(move, key, clients);
      const owned = typeof owner === 'number' ? keys[owner] : undefined;
      if (owned === undefined) continue;
      const ofMove = owned.get(move);
      if (ofMove === undefined) owned.set(move, [key]);
      else ofMove.push(key);
    }
  }
  return keys.map((owned, number) =>
    environment.moves.map(({ name }) => new Holdings(world, name, number, owned.get(name) ?? [])),
  );
}
