import { RESERVED_PREFIX } from '../../contract/names.ts';
import { judge, sameValue, type Value } from './model.ts';
import type { StragglerOperation } from './straggler-plan.ts';
import type { World } from './world.ts';

/** One thing that is not as it must be. */
export type AuditFinding = {
  kind: 'lost' | 'resurrected' | 'wrong' | 'unexpected' | 'straggler';
  move: string;
  key: string;
  detail: string;
};

/** What became of one acknowledged write of the straggler. */
export type StragglerFate = {
  operation: StragglerOperation;
  fate: 'applied' | 'superseded' | 'conflict' | 'unaccounted';
};

export type AuditResult = {
  checked: number;
  readWhole: number;
  lost: number;
  resurrected: number;
  wrong: number;
  unexpected: number;
  straggler: { writes: number; applied: number; superseded: number; conflicts: number; unaccounted: number };
  fates: StragglerFate[];
  findings: AuditFinding[];
};

/** A conflict of the ledger, with what is readable of it in quarantine. */
export type KeptConflict = {
  move: string;
  key: string;
  kind: 'put' | 'delete';
  sourceEtag: string | null;
  quarantined: Value;
};

export type Observed = ReadonlyMap<string, ReadonlyMap<string, Value>>;

/**
 * Holds the final store against what everybody wrote. Pure.
 *
 * @param world      the fleet's expectations: manifest and journal
 * @param straggler  what the straggler did, in order
 * @param observed   by move and key, what is in the store now; a key that is missing here has no object
 */
export function auditHistory(
  world: World,
  straggler: readonly StragglerOperation[],
  observed: Observed,
  conflicts: readonly KeptConflict[],
  readWhole = 0,
): AuditResult {
  const findings: AuditFinding[] = [];
  let checked = 0;
  const stragglersKeys = new Set(straggler.map(({ move, key }) => nameOf(move, key)));
  for (const move of world.moves) {
    for (const [key, model] of world.keys(move)) {
      if (stragglersKeys.has(nameOf(move, key))) continue;
      checked++;
      const there = observed.get(move)?.get(key) ?? null;
      const violation = judge(model, there, { from: Infinity, to: Infinity }, 'direct');
      if (violation === null) continue;
      const detail = `there is ${show(there)}, there must be ${model.possible(Infinity, Infinity).map(show).join(' or ')}`;
      findings.push({ kind: violation === 'stale' ? 'wrong' : violation, move, key, detail });
    }
  }
  for (const [move, keys] of observed) {
    for (const [key, value] of keys) {
      const known = world.find(move, key) !== undefined || stragglersKeys.has(nameOf(move, key));
      if (known || key.startsWith(RESERVED_PREFIX)) continue;
      findings.push({ kind: 'unexpected', move, key, detail: `there is ${show(value)}, which nobody wrote` });
    }
  }
  const fates = fatesOf(world, straggler, observed, conflicts, findings);
  const count = (kind: AuditFinding['kind']): number =>
    findings.filter((finding) => finding.kind === kind).length;
  const fate = (kind: StragglerFate['fate']): number => fates.filter((each) => each.fate === kind).length;
  return {
    checked: checked + stragglersKeys.size,
    readWhole,
    lost: count('lost'),
    resurrected: count('resurrected'),
    wrong: count('wrong'),
    unexpected: count('unexpected'),
    straggler: {
      writes: fates.length,
      applied: fate('applied'),
      superseded: fate('superseded'),
      conflicts: fate('conflict'),
      unaccounted: fate('unaccounted'),
    },
    fates,
    findings,
  };
}

function fatesOf(
  world: World,
  straggler: readonly StragglerOperation[],
  observed: Observed,
  conflicts: readonly KeptConflict[],
  findings: AuditFinding[],
): StragglerFate[] {
  const byKey = Map.groupBy(
    straggler.filter(({ outcome }) => outcome !== 'refused'),
    ({ move, key }) => nameOf(move, key),
  );
  const fates: StragglerFate[] = [];
  for (const operations of byKey.values()) {
    const first = operations[0];
    if (first === undefined) continue;
    const { move, key } = first;
    const there = observed.get(move)?.get(key) ?? null;
    const kept = conflicts.filter((conflict) => conflict.move === move && conflict.key === key);
    checkValue(world, operations, there, findings);
    // From the last to the first: an earlier write is superseded by a later one that is accounted for.
    let laterAccounted = false;
    for (const operation of operations.toReversed()) {
      const fate = fateOf(operation, there, kept, laterAccounted);
      if (fate !== 'unaccounted') laterAccounted = true;
      if (operation.outcome !== 'acknowledged') continue;
      fates.unshift({ operation, fate });
      if (fate === 'unaccounted') {
        const detail = `the straggler's ${operation.kind} ${show(valueOf(operation))} ${operation.stage} the hold was neither applied nor quarantined; there is ${show(there)}`;
        findings.push({ kind: 'straggler', move, key, detail });
      }
    }
  }
  return fates.sort((a, b) => a.operation.id - b.operation.id);
}

function fateOf(
  operation: StragglerOperation,
  there: Value,
  kept: KeptConflict[],
  laterAccounted: boolean,
): StragglerFate['fate'] {
  const value = valueOf(operation);
  if (sameValue(value, there)) return 'applied';
  const conflict = kept.some(({ kind, sourceEtag, quarantined }) =>
    value === null
      ? kind === 'delete'
      : kind === 'put' && sourceEtag === value.etag && quarantined !== null && sameValue(quarantined, value),
  );
  if (conflict) return 'conflict';
  return laterAccounted ? 'superseded' : 'unaccounted';
}

/** Whatever became of its writes, only what stood there before or what it wrote may be there now. */
function checkValue(
  world: World,
  operations: readonly StragglerOperation[],
  there: Value,
  findings: AuditFinding[],
): void {
  const [first] = operations;
  if (first === undefined) return;
  const { move, key } = first;
  const before = world.find(move, key)?.current ?? null;
  if ([before, ...operations.map(valueOf)].some((value) => sameValue(value, there))) return;
  const detail = `there is ${show(there)}; before the straggler there was ${show(before)}`;
  findings.push({ kind: there === null ? 'lost' : 'wrong', move, key, detail });
}

function valueOf({ etag, size }: StragglerOperation): Value {
  return etag === null ? null : { etag, size };
}

function nameOf(move: string, key: string): string {
  return `${move}\n${key}`;
}

function show(value: Value): string {
  return value === null ? 'nothing' : `${value.etag} (${value.size} bytes)`;
}
