import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { isRpcSecretValue, plain } from '../secrets.ts';
import { stackOf, typeOf, type Wire } from './provider.ts';

/** Where records are kept; default: `recorded`, beside the folder of the file:// backend. */
export const RECORDS_FOLDER_VARIABLE = 'STORAGE_RECORDED_RESOURCES';

export const FUNCTIONS_FILE = 'functions.json';

/** A resource as it "really" stands. Tests change `properties`, or remove the file, to make drift. */
export type Recorded = {
  urn: string;
  type: string;
  id: string;
  /** Which resource of that URN it is, from 0. */
  life: number;
  inputs: Wire;
  properties: Wire;
};

/** What the recording plugins have made: one file a resource, `FOLDER/STACK/TYPE/ID-DIGEST.json`. */
export class Records {
  readonly #folder: string;

  constructor(folder: string = recordsFolder(process.env)) {
    this.#folder = folder;
  }

  async find(urn: string, id: string): Promise<Recorded | null> {
    try {
      return JSON.parse(await readFile(this.#file(urn, id), 'utf8')) as Recorded;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    }
  }

  async write(recorded: Omit<Recorded, 'type'>): Promise<void> {
    const { urn, id, life, inputs, properties } = recorded;
    const file = this.#file(urn, id);
    const kept: Recorded = {
      urn,
      type: typeOf(urn),
      id,
      life,
      inputs: conceal(inputs) as Wire,
      properties: conceal(properties) as Wire,
    };
    await writeWhole(file, `${JSON.stringify(kept, null, 2)}\n`);
  }

  async remove(urn: string, id: string): Promise<void> {
    await rm(this.#file(urn, id), { force: true });
  }

  /**
   * How often a resource of that URN has been made: what is made again gets another id and another
   * generated name than what it replaces.
   */
  async lives(urn: string): Promise<number> {
    return (await readdir(this.#livesFolder(urn)).catch(() => [])).length;
  }

  async beginLife(urn: string, id: string): Promise<void> {
    await writeWhole(path.join(this.#livesFolder(urn), digest(id)), id);
  }

  /**
   * What a test says that a function of the provider answers, over what it would answer: the file
   * `FOLDER/functions.json`, by the function's token.
   */
  async answer(token: string): Promise<Wire> {
    const text = await readFile(path.join(this.#folder, FUNCTIONS_FILE), 'utf8').catch(() => '{}');
    return (JSON.parse(text) as Record<string, Wire>)[token] ?? {};
  }

  #file(urn: string, id: string): string {
    const readable = id.replaceAll(/[^\w.-]+/g, '_').slice(-80);
    return path.join(this.#typeFolder(urn), `${readable}-${digest(id).slice(0, 8)}.json`);
  }

  #typeFolder(urn: string): string {
    return path.join(this.#folder, stackOf(urn), typeOf(urn).replaceAll(/[/:]/g, '_'));
  }

  #livesFolder(urn: string): string {
    return path.join(this.#folder, stackOf(urn), 'lives', digest(urn));
  }
}

/** Every resource recorded for a stack, with the file that holds it; for tests. */
export async function recordedResources(
  folder: string,
  stack: string,
): Promise<{ file: string; recorded: Recorded }[]> {
  const root = path.join(folder, stack);
  const names = await readdir(root, { recursive: true }).catch(() => []);
  const files = names.filter((name) => name.endsWith('.json')).sort();
  return Promise.all(
    files.map(async (name) => {
      const file = path.join(root, name);
      return { file, recorded: JSON.parse(await readFile(file, 'utf8')) as Recorded };
    }),
  );
}

export function recordsFolder(variables: NodeJS.ProcessEnv): string {
  const given = variables[RECORDS_FOLDER_VARIABLE];
  if (given !== undefined && given !== '') return path.resolve(given);
  const backend = (variables['PULUMI_BACKEND_URL'] ?? '').replace(/^file:\/\//, '');
  return path.join(path.dirname(path.resolve(backend)), 'recorded');
}

/** Records lie in plain files: of a secret they hold a digest, which still tells whether it changed. */
function conceal(value: unknown): unknown {
  if (isRpcSecretValue(value)) {
    return { secret: digest(JSON.stringify(plain(value))) };
  }
  return mapParts(value, conceal);
}

/** A recorded value with the secrets of the engine's state put back where they have not changed. */
export function reveal(recorded: unknown, known: unknown): unknown {
  if (isRpcSecretValue(known)) {
    const same = (recorded as { secret?: unknown } | null)?.secret === digest(JSON.stringify(plain(known)));
    return same ? known : recorded;
  }
  if (Array.isArray(recorded)) {
    return recorded.map((part, index) => reveal(part, Array.isArray(known) ? known[index] : undefined));
  }
  if (typeof recorded === 'object' && recorded !== null) {
    const parts = (typeof known === 'object' && known !== null ? known : {}) as Wire;
    return Object.fromEntries(
      Object.entries(recorded).map(([name, part]) => [name, reveal(part, parts[name])]),
    );
  }
  return recorded;
}

function mapParts(value: unknown, change: (part: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map(change);
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, change(part)]));
  }
  return value;
}

/** Never half a file: a killed plugin leaves the one before. */
async function writeWhole(file: string, text: string): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  const partial = `${file}.${process.pid}.partial`;
  await writeFile(partial, text);
  await rename(partial, file);
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}
