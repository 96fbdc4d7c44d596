import type { StorageRole } from './storage-nodes.ts';

/** Where copies and chunks go, and what the loss of one place leaves. */

export type FailureDomain = 'zone' | 'host';

export type ErasureProfile = { dataChunks: number; codingChunks: number };

/** A rule of a CRUSH map, in the text that `crushtool` compiles. Its number is chosen on the host. */
export type CrushRule = { name: string; type: 'replicated' | 'erasure'; steps: readonly string[] };

/** Copies of what is replicated: each in another zone, or on another host. */
export function replicatedRule(role: StorageRole, domain: FailureDomain): CrushRule {
  return {
    name: `replicated-${role}`,
    type: 'replicated',
    steps: [`take default class ${role}`, `chooseleaf firstn 0 type ${domain}`, 'emit'],
  };
}

/**
 * Chunks of what is erasure-coded: as many in each zone as it takes, each on another host there. Without
 * zones, each on another host.
 *
 * @param zones how many zones there are
 */
export function erasureRule(profile: ErasureProfile, domain: FailureDomain, zones: number): CrushRule {
  const choose =
    domain === 'host'
      ? ['chooseleaf indep 0 type host']
      : [`choose indep ${zones} type zone`, `chooseleaf indep ${chunksPerZone(profile, zones)} type host`];
  return {
    name: 'erasure-cold',
    type: 'erasure',
    // The defaults of an erasure rule: more tries, since a hole in the set is a missing chunk.
    steps: ['set_chooseleaf_tries 5', 'set_choose_tries 100', 'take default class cold', ...choose, 'emit'],
  };
}

/** Chunks in the fullest zone: those that are lost with it. */
export function chunksPerZone({ dataChunks, codingChunks }: ErasureProfile, zones: number): number {
  return Math.ceil((dataChunks + codingChunks) / zones);
}

/** Chunks that must be up to write: one more than are needed to read, or a further loss would lose data. */
export function erasureMinSize({ dataChunks }: ErasureProfile): number {
  return dataChunks + 1;
}

/**
 * Copies that must be up to write. Two, so that an acknowledged write outlives the next loss; with a single
 * copy nothing can be kept anyway.
 */
export function replicatedMinSize(replicas: number): number {
  return Math.min(2, replicas);
}

/** Whether reading and writing go on while one zone is gone. 3+3 and 5+4 do over three zones, 4+2 does not. */
export function survivesZone(profile: ErasureProfile, zones: number): boolean {
  const left = profile.dataChunks + profile.codingChunks - chunksPerZone(profile, zones);
  return left >= erasureMinSize(profile);
}

/** The rule as `crushtool --compile` reads it. */
export function ruleText(rule: CrushRule, id: number): string {
  const steps = rule.steps.map((step) => `\tstep ${step}\n`).join('');
  return `rule ${rule.name} {\n\tid ${id}\n\ttype ${rule.type}\n${steps}}\n`;
}
