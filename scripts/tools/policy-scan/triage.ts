import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import type { Finding } from './checkov.ts';

const reason = z.string().min(20, 'says too little to be a reason');

const TriageSchema = z.strictObject({
  /** Checks that are no risk here, whatever the resource, each with why. */
  lower: z.record(z.string().regex(/^CKV2?_/), reason),
  /** Findings that stay high, and are as they are for a reason. `*` matches any part of a name. */
  justified: z.array(z.strictObject({ check: z.string(), resource: z.string(), reason })),
});
export type Triage = z.infer<typeof TriageSchema>;

/**
 * What was decided about checkov's checks: infra/policy/checkov.json. A check that nobody decided about is
 * high: without a key of its vendor's platform checkov has no severities, and a new version brings new checks.
 */
export async function readTriage(): Promise<Triage> {
  const file = path.resolve(import.meta.dirname, '../../../infra/policy/checkov.json');
  return TriageSchema.parse(JSON.parse(await readFile(file, 'utf8')));
}

export type Judged = {
  /** High, and nobody said why it may be so. */
  high: Finding[];
  justified: Finding[];
  lower: Finding[];
  /** Justifications that no finding needs. */
  unused: Triage['justified'];
};

/** Sorts findings by what was decided about them. */
export function judge(findings: readonly Finding[], triage: Triage): Judged {
  const entries = triage.justified.map((entry) => ({ entry, pattern: patternOf(entry.resource) }));
  const covers = ({ entry, pattern }: (typeof entries)[number], { check, resource }: Finding) =>
    entry.check === check && pattern.test(resource);
  const isLower = ({ check }: Finding) => check in triage.lower;
  const isJustified = (finding: Finding) => entries.some((entry) => covers(entry, finding));
  return {
    lower: findings.filter(isLower),
    justified: findings.filter((finding) => !isLower(finding) && isJustified(finding)),
    high: findings.filter((finding) => !isLower(finding) && !isJustified(finding)),
    unused: entries
      .filter((entry) => !findings.some((finding) => covers(entry, finding)))
      .map(({ entry }) => entry),
  };
}

function patternOf(resource: string): RegExp {
  return new RegExp(`^${resource.split('*').map(escaped).join('.*')}$`);
}

function escaped(text: string): string {
  return text.replace(/[.+?^${}()|[\]\\]/g, '\\$&');
}
