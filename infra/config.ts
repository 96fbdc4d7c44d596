import * as pulumi from '@pulumi/pulumi';
import { z } from 'zod';
import { PHASES } from './phases/phase.ts';

/**
 * The only reader of `pulumi.Config`. Everything that is wrong is said at once; a misspelt key too,
 * which the engine lets pass.
 */

const count = z.int().positive();
const bucketName = z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'must be a bucket name');

const BucketSchema = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9-]*$/, 'must be lower-case letters, digits and dashes'),
  source: bucketName,
  cluster: z.enum(['images', 'metadata']),
  target: bucketName,
});

/** Keys without a default must be set; what each means stands in Pulumi.yaml. */
const SettingsSchema = z.strictObject({
  environment: z.enum(['local']),
  phase: z.enum(PHASES).default('prepare'),
  wait: z.boolean().default(false),
  buckets: z
    .array(BucketSchema)
    .min(1)
    .refine((buckets) => new Set(buckets.map((b) => b.name)).size === buckets.length, 'two have one name'),
  keepDays: count.default(15),
  quietSeconds: count.default(3600),
  holdLimitSeconds: count.default(30),
  requestSeconds: count.default(60),
  holdRequestMilliseconds: count.default(5000),
  refreshMilliseconds: count.default(1000),
  syncWorkers: count.max(64).default(2),
  revive: z.string().default(''),
  clockAheadDays: z.int().nonnegative().default(0),
  home: z.string().startsWith('/', 'must be an absolute path').default('/var/lib/storage-local'),
  portBase: z.int().min(1024).max(32000).default(7400),
});
export type Settings = z.infer<typeof SettingsSchema>;
type Key = keyof Settings;

const TEXT_KEYS: readonly Key[] = ['environment', 'phase', 'home', 'revive'];

/** Reads and checks the stack's configuration. Throws a RunError with every finding. */
export function readSettings(): Settings {
  const config = new pulumi.Config();
  return parseSettings(config.name, pulumi.runtime.allConfig());
}

/**
 * The pure part of `readSettings`.
 *
 * @param project the project's name, which every key of ours carries before its colon
 * @param all     all keys of the stack, as text
 */
export function parseSettings(project: string, all: Readonly<Record<string, string>>): Settings {
  const known = Object.keys(SettingsSchema.shape);
  const findings: string[] = [];
  const raw: Record<string, unknown> = {};
  for (const [fullKey, text] of Object.entries(all)) {
    const [namespace, key] = [
      fullKey.slice(0, fullKey.indexOf(':')),
      fullKey.slice(fullKey.indexOf(':') + 1),
    ];
    if (namespace !== project) continue;
    if (!known.includes(key)) {
      findings.push(`${fullKey}: there is no such setting; did you mean ${project}:${closest(key, known)}?`);
      continue;
    }
    raw[key] = (TEXT_KEYS as readonly string[]).includes(key) ? text : parsed(text);
  }
  const result = SettingsSchema.safeParse(raw);
  for (const issue of result.error?.issues ?? []) {
    const [key, ...rest] = issue.path;
    const given = key === undefined ? undefined : raw[String(key)];
    const where = rest.map((part) => `[${String(part)}]`).join('');
    findings.push(
      given === undefined
        ? `${project}:${String(key)}: not set. Set it: pulumi config set ${project}:${String(key)} …`
        : `${project}:${String(key)}${where}: ${issue.message}; it is ${JSON.stringify(given)}`,
    );
  }
  if (result.success) findings.push(...contradictions(project, result.data));
  if (findings.length > 0 || !result.success) {
    throw new pulumi.RunError(
      `The configuration of this stack is not right:\n${findings.map((finding) => `  - ${finding}`).join('\n')}`,
    );
  }
  return result.data;
}

/** What each key allows alone and what does not go together. */
function contradictions(project: string, settings: Settings): string[] {
  const findings: string[] = [];
  const drain = (settings.refreshMilliseconds + settings.holdRequestMilliseconds) / 1000;
  if (drain >= settings.holdLimitSeconds) {
    findings.push(
      `${project}:holdLimitSeconds: ${settings.holdLimitSeconds} s is less than what a hold waits for writes in flight ` +
        `(refreshMilliseconds + holdRequestMilliseconds = ${drain} s): every hold would be called off`,
    );
  }
  return findings;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** The known word that takes the fewest edits (Levenshtein). */
function closest(word: string, known: readonly string[]): string {
  const distance = (a: string, b: string): number => {
    let row = Array.from({ length: b.length + 1 }, (_, index) => index);
    for (let i = 1; i <= a.length; i += 1) {
      const next = [i];
      for (let j = 1; j <= b.length; j += 1) {
        const substitution = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
        next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, substitution));
      }
      row = next;
    }
    return row[b.length] ?? Infinity;
  };
  return known.reduce((best, candidate) =>
    distance(word, candidate) < distance(word, best) ? candidate : best,
  );
}
