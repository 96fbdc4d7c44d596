import type { ModelLedger } from '../ledger/model-ledger.ts';
import type { ModelStore } from '../store/model-store.ts';
import type { Cue, Cues } from './cues.ts';
import type { Process } from './simulation.ts';

/** What the processes of one run share: the outside of the code, as the model has it. */
export type World = {
  ledger: ModelLedger;
  /** By the origin of their endpoint, for example `http://s3`. */
  stores: Map<string, ModelStore>;
  files: Map<string, string>;
  cues: Cues;
  /** The applications' parameter as it was written, and when. */
  parameters: { at: number; text: string }[];
  /** By user: how long a request may be on its way, and then be worked on, in milliseconds. */
  longest: Record<string, number>;
  /** When the writes of a process are carried out. */
  landing: Map<Process, Cue | null>;
};

const worlds = new WeakMap<object, World>();

export function placeWorld(simulation: object, world: World): void {
  worlds.set(simulation, world);
}

export function worldOf(process: Process): World {
  const world = worlds.get(process.simulation);
  if (world === undefined) throw new Error('a simulation without a world');
  return world;
}
