import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import {
  writeParameter,
  type Parameter,
} from '../../../scripts/platform/applications-parameter/parameter.ts';
import { Deadline, until } from '../../../scripts/contract/wait.ts';
import type { Environment } from '../../../scripts/contract/environment.ts';
import { clientFiles, type ClientFiles } from '../../../scripts/local/clients/files.ts';
import type { FleetStatus } from '../../../scripts/local/clients/status-file.ts';
import { inParallel } from '../../../scripts/local/input/parallel.ts';
import { writeManifest } from '../../../scripts/local/input/manifest.ts';
import { copyObject } from '../../../scripts/store/copying.ts';
import { realServices, type Scratch } from '../../support/real.ts';

const CLIENTS = path.resolve(import.meta.dirname, '../../../scripts/local/clients');
/** The longest that any test waits for something to happen, in seconds. */
const LIMIT_SECONDS = 60;

/** A move in miniature, turned by hand: two buckets, the parameter, the clients, and a cache tier that only passes on. */
export class Rehearsal {
  readonly scratch: Scratch;
  readonly environment: Environment;
  readonly files: ClientFiles;
  readonly #folder: string;
  readonly #proxy: Server;
  #state: Parameter['state'] = 's3';
  readonly #processes: ChildProcess[] = [];

  private constructor(scratch: Scratch, environment: Environment, folder: string, proxy: Server) {
    this.scratch = scratch;
    this.environment = environment;
    this.files = clientFiles(folder);
    this.#folder = folder;
    this.#proxy = proxy;
  }

  /** Seeds the source with `objects` small objects and lets the parameter say S3. */
  static async open(name: string, objects: number): Promise<Rehearsal> {
    const services = await realServices();
    const scratch = await services.scratch(name);
    const folder = await mkdtemp(path.join(os.tmpdir(), 'storage-rehearsal-'));
    const where: { rehearsal?: Rehearsal } = {};
    const proxy = createServer((incoming, outgoing) => where.rehearsal?.passOn(incoming, outgoing));
    proxy.listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    const environment: Environment = {
      ...scratch.environment,
      parameter: { kind: 'file', file: path.join(folder, 'parameter.json') },
      cacheTier: {
        ...scratch.environment.cacheTier,
        endpoint: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
      },
      bounds: {
        ...scratch.environment.bounds,
        refreshSeconds: 0.2,
        requestSeconds: 5,
        holdRequestSeconds: 1,
      },
    };
    await writeFile(path.join(folder, 'environment.json'), JSON.stringify(environment));
    const rehearsal = new Rehearsal(scratch, environment, folder, proxy);
    where.rehearsal = rehearsal;
    await rehearsal.#seed(objects);
    await rehearsal.say('s3');
    return rehearsal;
  }

  /** The cache tier: signed requests to the target; what anyone may read from where the origin points. */
  passOn(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const { source, targets, moves } = this.environment;
    const target = targets[moves[0]?.targetCluster ?? ''];
    const toSource = this.#state !== 'ceph' && incoming.headers.authorization === undefined;
    const { hostname, port } = new URL(toSource ? source.endpoint : (target?.endpoint ?? ''));
    const { sourceBucket, targetBucket } = this.move;
    const asked = incoming.url ?? '';
    const url = toSource ? asked.replace(`/${targetBucket}/`, `/${sourceBucket}/`) : asked;
    const { method, headers } = incoming;
    const passed = request({ hostname, port, method, path: url, headers }, (answer) =>
      answer.pipe(outgoing.writeHead(answer.statusCode ?? 502, answer.headers)),
    );
    passed.on('error', () => outgoing.destroy());
    incoming.pipe(passed);
  }

  get move(): { name: string; sourceBucket: string; targetBucket: string } {
    const [move] = this.environment.moves;
    if (move === undefined) throw new Error('The scratch environment has no move');
    return move;
  }

  /** The applications' parameter. */
  async say(state: Parameter['state']): Promise<void> {
    this.#state = state;
    await writeParameter(this.environment, {
      state,
      store: state === 'ceph' ? 'target' : 'source',
      epoch: 1n,
      requestSeconds: this.environment.bounds.holdRequestSeconds,
    });
  }

  /** Makes the target equal to the source, which nobody changes meanwhile. */
  async copyAll(): Promise<void> {
    const [source, target] = await Promise.all([this.scratch.source(), this.scratch.target()]);
    const { sourceBucket, targetBucket } = this.move;
    await inParallel(8, source.list(sourceBucket), async ({ key }) => {
      await copyObject({ source, sourceBucket, target, targetBucket, key });
    });
  }

  start(script: 'fleet.ts' | 'straggler.ts', flags: string[]): ChildProcess {
    const home = ['--environment', path.join(this.#folder, 'environment.json'), '--home', this.#folder];
    const child = spawn(process.execPath, ['--no-warnings', path.join(CLIENTS, script), ...home, ...flags], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    this.#processes.push(child);
    return child;
  }

  async status(): Promise<FleetStatus | null> {
    const text = await readFile(this.files.fleetStatus, 'utf8').catch(() => null);
    return text === null ? null : (JSON.parse(text) as FleetStatus);
  }

  /** Waits until the fleet has done so many operations more, or until its status is as wanted. */
  async fleetDoes(more: number | ((status: FleetStatus) => boolean)): Promise<void> {
    const before = (await this.status())?.operations ?? 0;
    await until('the fleet goes on', new Deadline(LIMIT_SECONDS), async () => {
      const status = await this.status();
      if (status === null) return 'no status yet';
      const enough = typeof more === 'number' ? status.operations >= before + more : more(status);
      return enough || `${status.operations} operations`;
    });
  }

  async close(): Promise<void> {
    for (const child of this.#processes) {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    }
    this.#proxy.closeAllConnections();
    this.#proxy.close();
    await this.scratch.close();
    await rm(this.#folder, { recursive: true });
  }

  async #seed(objects: number): Promise<void> {
    const source = await this.scratch.source();
    const entries = [];
    for (let number = 0; number < objects; number++) {
      const key = `images/2026/dish ${number}+.jpg`;
      const body = Buffer.from(`seeded object ${number} `.repeat(50));
      const { etag } = await source.put(this.move.sourceBucket, key, body, {
        headers: { contentType: 'image/jpeg' },
      });
      entries.push({ move: this.move.name, key, etag, size: body.length });
    }
    await writeManifest(this.files.manifest, entries);
  }
}

/** Asks a process to end and waits until it has. */
export async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) {
    child.kill(signal);
    await once(child, 'exit');
  }
  return child.exitCode;
}
