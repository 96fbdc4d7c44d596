import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { stackOf, typeOf } from './provider.ts';
import { isMap, isSecret, mapParts, plain, type Wire } from './wire.ts';

/** Where records are kept; default: `recorded`, beside the folder of the file:// backend. */
export const RECORDS_FOLDER_VARIABLE = 'STORAGE_RECORDED_RESOURCES';

export const FUNCTIONS_FILE = 'functions.json';

/** A resource as it "really" is. Tests change `properties`, or remove the file, to make drift. */
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
    const text = await readIfThere(this.#file(urn, id));
    return text === null ? null : (JSON.parse(text) as Recorded);
  }

  /** Throws where there is one of that type and id already. */
  async mustBeFree(urn: string, id: string): Promise<void> {
    if ((await this.find(urn, id)) !== null) {
      throw new Error(`creating ${typeOf(urn)} (${id}): AlreadyExists: there is one already.`);
    }
  }

  /** Throws where there is none. */
  async mustFind(urn: string, id: string): Promise<Recorded> {
    const found = await this.find(urn, id);
    if (found === null) throw new Error(`updating ${typeOf(urn)} (${id}): NotFound: there is none any more.`);
    return found;
  }

  async write({ urn, id, life, inputs, properties }: Omit<Recorded, 'type'>): Promise<void> {
    const concealed = { inputs: conceal(inputs), properties: conceal(properties) };
    const kept = { urn, type: typeOf(urn), id, life, ...concealed };
    await writeWhole(this.#file(urn, id), `${JSON.stringify(kept, null, 2)}\n`);
    await writeWhole(path.join(this.#livesFolder(urn), digest(id)), id);
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

  /**
   * What a test wants a function of the provider to answer, over what it would answer: the file
   * `FOLDER/functions.json`, by the function's token.
   */
  async answer(token: string): Promise<Wire> {
    const text = await readIfThere(path.join(this.#folder, FUNCTIONS_FILE));
    return (JSON.parse(text ?? '{}') as Record<string, Wire>)[token] ?? {};
  }

  #file(urn: string, id: string): string {
    const readable = id.replaceAll(/[^\w.-]+/g, '_').slice(-80);
    const type = typeOf(urn).replaceAll(/[/:]/g, '_');
    return path.join(this.#folder, stackOf(urn), type, `${readable}-${digest(id).slice(0, 8)}.json`);
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

/** The same digits for the same resource in every run, others for what replaces it. */
export function identityOf(urn: string, life: number): string {
  return createHash('sha256').update(`${urn} life ${life}`).digest('hex');
}

function recordsFolder(variables: NodeJS.ProcessEnv): string {
  const given = variables[RECORDS_FOLDER_VARIABLE];
  if (given !== undefined && given !== '') return path.resolve(given);
  const backend = (variables['PULUMI_BACKEND_URL'] ?? '').replace(/^file:\/\//, '');
  return path.join(path.dirname(path.resolve(backend)), 'recorded');
}

/** Records are plain files: of a secret they hold a digest, which still tells whether it changed. */
function conceal(value: unknown): unknown {
  return isSecret(value) ? { secret: secretDigest(value) } : mapParts(value, conceal);
}

/** A recorded value with the secrets of the engine's state put back where they have not changed. */
export function reveal(recorded: unknown, known: unknown): unknown {
  if (isSecret(known)) {
    return isMap(recorded) && recorded['secret'] === secretDigest(known) ? known : recorded;
  }
  if (Array.isArray(recorded)) {
    return recorded.map((part, index) => reveal(part, Array.isArray(known) ? known[index] : undefined));
  }
  if (!isMap(recorded)) return recorded;
  const parts = isMap(known) ? known : {};
  return Object.fromEntries(
    Object.entries(recorded).map(([name, part]) => [name, reveal(part, parts[name])]),
  );
}

function secretDigest(value: unknown): string {
  return digest(JSON.stringify(plain(value)));
}

async function readIfThere(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
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
