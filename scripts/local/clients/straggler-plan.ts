import type { Parameter } from '../../platform/applications-parameter/parameter.ts';
import type { ManifestEntry } from '../input/manifest.ts';
import { ownerOf, STRAGGLER_PREFIX } from './ownership.ts';

/** When an operation was done, by the applications' parameter. */
export type Stage = 'before' | 'during' | 'after';

export function stageOf(state: Parameter['state']): Stage {
  return state === 's3' ? 'before' : state === 'hold' ? 'during' : 'after';
}

export type StragglerKind = 'new' | 'overwrite' | 'again' | 'delete';
export type PlannedOperation = { id: number; kind: StragglerKind; move: string; key: string };

/** `again` overwrites what the straggler made itself before the turn. */
const KINDS: readonly StragglerKind[] = [
  'new',
  'overwrite',
  'new',
  'overwrite',
  'new',
  'overwrite',
  'again',
  'delete',
  'new',
  'overwrite',
];
/** Stragglers hold URLs for ordinary pictures. */
const LARGEST_RESERVED_BYTES = 1_000_000;

/**
 * What the straggler does, in this order. Keys that exist are those of the manifest that the ownership
 * rule reserves for it; each is used once, and where they run out it makes new ones instead.
 */
export function planStraggler(manifest: readonly ManifestEntry[], operations: number): PlannedOperation[] {
  const reserved = manifest.filter(
    ({ move, key, size }) => size < LARGEST_RESERVED_BYTES && ownerOf(move, key, 1) === 'straggler',
  );
  const move = manifest.some((entry) => entry.move === 'images') ? 'images' : (manifest[0]?.move ?? 'images');
  return Array.from({ length: operations }, (_, id): PlannedOperation => {
    const kind = KINDS[id % KINDS.length] ?? 'new';
    if (kind === 'again') return { id, kind, move, key: newKey(0) };
    const existing = kind === 'new' ? undefined : reserved.shift();
    return existing === undefined
      ? { id, kind: 'new', move, key: newKey(id) }
      : { id, kind, move: existing.move, key: existing.key };
  });
}

function newKey(id: number): string {
  return `${STRAGGLER_PREFIX}late-${String(id).padStart(3, '0')}.jpg`;
}

/** How many operations may have been begun in each stage: what is left over is done after the turn. */
export type Quota = { before: number; during: number };

/** Whether operation number `done` may begin now; `sinceTurnMs` spreads those after the turn evenly. */
export function mayBegin(
  progress: { done: number; planned: number; stage: Stage; sinceTurnMs: number },
  quota: Quota,
  spreadMs: number,
): boolean {
  const { done, planned, stage, sinceTurnMs } = progress;
  if (stage === 'before') return done < quota.before;
  if (stage === 'during') return done < quota.before + quota.during;
  const earlier = Math.min(quota.before + quota.during, planned);
  const share = spreadMs <= 0 ? 1 : Math.min(1, sinceTurnMs / spreadMs);
  return done < earlier + Math.ceil((planned - earlier) * share);
}

/** One operation that was begun, with how it ended. */
export type StragglerLine =
  | ({ type: 'intent'; at: string; stage: Stage; etag: string | null; size: number } & PlannedOperation)
  | { type: 'ack' | 'unknown' | 'refused'; id: number; at: string; stage: Stage; detail?: string };

export type StragglerOperation = PlannedOperation & {
  stage: Stage;
  /** Null for a delete. */
  etag: string | null;
  size: number;
  outcome: 'acknowledged' | 'unknown' | 'refused';
};

/** Puts the lines of the journal together, in the order in which the operations were begun. */
export function readOperations(lines: Iterable<StragglerLine>): StragglerOperation[] {
  const operations = new Map<number, StragglerOperation>();
  for (const line of lines) {
    if (line.type === 'intent') {
      const { id, kind, move, key, stage, etag, size } = line;
      operations.set(id, { id, kind, move, key, stage, etag, size, outcome: 'unknown' });
      continue;
    }
    const operation = operations.get(line.id);
    if (operation === undefined) continue;
    operation.outcome = line.type === 'ack' ? 'acknowledged' : line.type;
  }
  return [...operations.values()];
}
