import { pick } from '../input/random.ts';
import type { KeyModel } from './model.ts';
import { uploadsOf } from './ownership.ts';
import type { World } from './world.ts';

/** New keys of one client in one bucket: beyond this many it makes deleted ones again. */
const MOST_UPLOADS = 80;
const DRAWS = 24;

/** The keys of one bucket that one client owns, and which of them it may use now. */
export class Holdings {
  readonly move: string;
  readonly prefix: string;
  readonly #world: World;
  readonly #keys: string[] = [];
  readonly #uploads: string[] = [];
  /** Keys that were found to be wrong: reported once, and left alone since. */
  readonly #spoiled = new Set<string>();

  constructor(world: World, move: string, client: number, keys: Iterable<string>) {
    this.#world = world;
    this.move = move;
    this.prefix = uploadsOf(client);
    for (const key of keys) this.#learn(key);
  }

  model(key: string): KeyModel {
    return this.#world.at(this.move, key);
  }

  /** Some key to read: mostly one that has an object, sometimes one that was deleted. */
  toRead(random: () => number): string | undefined {
    const wantsObject = random() < 0.85;
    return this.#draw(
      random,
      this.#keys,
      (model) => !model.underWay && (model.current !== null) === wantsObject,
    );
  }

  toOverwrite(random: () => number, now: number): string | undefined {
    return this.#draw(random, this.#keys, (model) => mayWrite(model, now) && model.current !== null);
  }

  /** Mostly objects that this client made itself, so that the seeded ones do not dwindle. */
  toDelete(random: () => number, now: number): string | undefined {
    const from = random() < 0.85 && this.#uploads.length > 0 ? this.#uploads : this.#keys;
    return this.#draw(random, from, (model) => mayWrite(model, now) && model.current !== null);
  }

  /** A new key, or one that was deleted. */
  toCreate(random: () => number, now: number, suffix: string): string | undefined {
    if (this.#uploads.length >= MOST_UPLOADS || random() < 0.2) {
      return this.#draw(random, this.#uploads, (model) => mayWrite(model, now) && model.current === null);
    }
    const key = `${this.prefix}${suffix}`;
    this.#learn(key);
    return key;
  }

  /** A key whose value is unknown and that has rested long enough to be asked. */
  toSettle(now: number): string | undefined {
    return this.#keys.find((key) => {
      const model = this.model(key);
      return !this.isSpoiled(key) && !model.certain && !model.underWay && model.quietUntil < now;
    });
  }

  /** Every key below this client's own prefix that has or had an object. */
  get uploads(): readonly string[] {
    return this.#uploads;
  }

  isSpoiled(key: string): boolean {
    return this.#spoiled.has(key);
  }

  spoil(key: string): void {
    this.#spoiled.add(key);
  }

  #learn(key: string): void {
    this.#keys.push(key);
    if (key.startsWith(this.prefix)) this.#uploads.push(key);
  }

  #draw(
    random: () => number,
    from: readonly string[],
    fits: (model: KeyModel) => boolean,
  ): string | undefined {
    if (from.length === 0) return undefined;
    for (let draw = 0; draw < DRAWS; draw++) {
      const key = pick(random, from);
      if (!this.#spoiled.has(key) && fits(this.model(key))) return key;
    }
    return undefined;
  }
}

function mayWrite(model: KeyModel, now: number): boolean {
  return !model.underWay && model.certain && model.quietUntil < now;
}
