import { closeSync, createReadStream, existsSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Value } from './model.ts';

/**
 * What the fleet did. An `intent` is on disk before the request leaves and an `ack` after its answer, so
 * that a fleet that was killed knows, key by key, what must be there and where it cannot know.
 */
export type JournalLine =
  /** The fleet began (again): what was under way before has no known outcome. */
  | { type: 'start'; at: number }
  | { type: 'intent'; id: number; at: number; move: string; writes: { key: string; value: Value }[] }
  /** `ambiguous`: an earlier attempt at it had no answer and may still arrive. */
  | { type: 'ack'; id: number; at: number; ambiguous: boolean }
  /** It was given up: it may have happened or not. */
  | { type: 'unknown'; id: number; at: number }
  /** It was refused and has certainly not happened. */
  | { type: 'refused'; id: number; at: number }
  /** A key whose value was unknown has been read, and this is it. */
  | { type: 'settled'; at: number; move: string; key: string; value: Value };

/** Appends JSON lines by one synchronous write each: what is written survives `kill -9`. */
export class JsonLines<Line extends object> {
  readonly #descriptor: number;

  constructor(file: string) {
    this.#descriptor = openSync(file, 'a+', 0o644);
    // A line that a killed process left unfinished must not run into the next.
    const { size } = fstatSync(this.#descriptor);
    const last = Buffer.alloc(1);
    if (size > 0 && readSync(this.#descriptor, last, 0, 1, size - 1) === 1 && last.toString() !== '\n') {
      writeSync(this.#descriptor, '\n');
    }
  }

  append(line: Line): void {
    writeSync(this.#descriptor, `${JSON.stringify(line)}\n`);
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

/** Reads JSON lines; none where there is no file. A line that was cut off when its writer was killed is left out. */
export async function* readJsonLines<Line>(file: string): AsyncGenerator<Line> {
  if (!existsSync(file)) return;
  for await (const text of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
    let line: Line;
    try {
      line = JSON.parse(text) as Line;
    } catch {
      continue;
    }
    yield line;
  }
}

/** The same, all in memory. */
export async function allJsonLines<Line>(file: string): Promise<Line[]> {
  const lines: Line[] = [];
  for await (const line of readJsonLines<Line>(file)) lines.push(line);
  return lines;
}
