import type { ManifestEntry } from '../input/manifest.ts';
import type { JournalLine } from './journal.ts';
import { KeyModel, type Value } from './model.ts';

/**
 * All keys of all moves with what must be there, rebuilt from the manifest of the input and the fleet's
 * journal. A write that was under way when the fleet was killed is unknown.
 */
export class World {
  readonly #keys = new Map<string, Map<string, KeyModel>>();

  static async rebuild(
    manifest: Iterable<ManifestEntry> | AsyncIterable<ManifestEntry>,
    journal: Iterable<JournalLine> | AsyncIterable<JournalLine>,
    options: { now: number; quietMs: number },
  ): Promise<{ world: World; nextId: number }> {
    const world = new World();
    for await (const { move, key, ...value } of manifest) world.add(move, key, value);
    const open = new Map<number, Extract<JournalLine, { type: 'intent' }>>();
    let nextId = 1;
    const interrupt = (at: number): void => {
      for (const { move, writes } of open.values()) {
        for (const { key } of writes) world.at(move, key).end('unknown', at, at + options.quietMs);
      }
      open.clear();
    };
    for await (const line of journal) {
      if (line.type === 'start') {
        interrupt(line.at);
        continue;
      }
      if (line.type === 'settled') {
        world.at(line.move, line.key).settle(line.value, line.at);
        continue;
      }
      nextId = Math.max(nextId, line.id + 1);
      if (line.type === 'intent') {
        open.set(line.id, line);
        for (const { key, value } of line.writes) world.at(line.move, key).begin(value, line.at);
        continue;
      }
      const intent = open.get(line.id);
      if (intent === undefined) continue;
      open.delete(line.id);
      for (const { key } of intent.writes) world.#end(world.at(intent.move, key), line, options);
    }
    interrupt(options.now);
    return { world, nextId };
  }

  #end(
    model: KeyModel,
    line: Extract<JournalLine, { type: 'ack' | 'unknown' | 'refused' }>,
    { quietMs }: { quietMs: number },
  ): void {
    if (line.type === 'ack')
      model.end('acknowledged', line.at, line.ambiguous ? line.at + quietMs : undefined);
    else if (line.type === 'unknown') model.end('unknown', line.at, line.at + quietMs);
    else model.refuse();
  }

  /** A key that nobody has heard of has no object. */
  at(move: string, key: string): KeyModel {
    return this.find(move, key) ?? this.add(move, key, null);
  }

  find(move: string, key: string): KeyModel | undefined {
    return this.#keys.get(move)?.get(key);
  }

  add(move: string, key: string, value: Value): KeyModel {
    let ofMove = this.#keys.get(move);
    if (ofMove === undefined) {
      ofMove = new Map<string, KeyModel>();
      this.#keys.set(move, ofMove);
    }
    const model = new KeyModel(value);
    ofMove.set(key, model);
    return model;
  }

  keys(move: string): Iterable<[string, KeyModel]> {
    return this.#keys.get(move) ?? [];
  }

  get moves(): string[] {
    return [...this.#keys.keys()];
  }
}
