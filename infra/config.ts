import * as pulumi from '@pulumi/pulumi';
import { z } from 'zod';
import { awsFindings } from './settings/aws-findings.ts';
import { AwsSettingsSchema, type AwsSettings } from './settings/aws.ts';
import { closest } from './settings/closest.ts';
import type { Finding } from './settings/common.ts';
import { localFindings, LocalSettingsSchema, type LocalSettings } from './settings/local.ts';

/**
 * The only reader of `pulumi.Config`. Everything that is wrong is said at once, before any resource; a
 * misspelt key too, which the engine lets pass.
 */

/** `region` is the AWS provider's own key, `aws:region`. */
export type Settings = LocalSettings | (AwsSettings & { region: string });

const SCHEMAS = { local: LocalSettingsSchema, dev: AwsSettingsSchema, prod: AwsSettingsSchema };
const EnvironmentSchema = z.enum(['local', 'dev', 'prod']);

/** What is text even where it reads like JSON: an account's twelve digits are no number. */
const TEXT_KEYS: readonly string[] = [
  'environment',
  'phase',
  'home',
  'revive',
  'account',
  'owner',
  'costCenter',
  'image',
  'cephImage',
];

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
  const environment = EnvironmentSchema.safeParse(all[`${project}:environment`]);
  if (!environment.success) {
    const given = all[`${project}:environment`];
    throw refusal([
      given === undefined
        ? `${project}:environment: not set. Set it: pulumi config set ${project}:environment local (or dev, or prod)`
        : `${project}:environment: must be one of local, dev, prod; it is ${JSON.stringify(given)}`,
    ]);
  }
  const schema = SCHEMAS[environment.data];
  const { raw, findings } = keysOf(project, all, schema);
  const result = schema.safeParse(raw);
  if (!result.success) findings.push(...result.error.issues.map((issue) => describe(project, issue, raw)));

  const region = all['aws:region'];
  if (environment.data !== 'local' && region === undefined) {
    findings.push('aws:region: not set. Set it: pulumi config set aws:region us-east-1');
  }
  if (result.success) {
    findings.push(...together(result.data, region).map(({ key, says }) => `${project}:${key}: ${says}`));
  }
  if (findings.length > 0 || !result.success) throw refusal(findings);
  return result.data.environment === 'local' ? result.data : { ...result.data, region: region ?? '' };
}

/** What is right alone and wrong together. */
function together(settings: LocalSettings | AwsSettings, region: string | undefined): Finding[] {
  if (settings.environment === 'local') return localFindings(settings);
  return awsFindings(settings, region ?? '');
}

function keysOf(
  project: string,
  all: Readonly<Record<string, string>>,
  schema: z.ZodObject,
): { raw: Record<string, unknown>; findings: string[] } {
  const known = Object.keys(schema.shape);
  const raw: Record<string, unknown> = {};
  const findings: string[] = [];
  for (const [fullKey, text] of Object.entries(all)) {
    const colon = fullKey.indexOf(':');
    const key = fullKey.slice(colon + 1);
    if (fullKey.slice(0, colon) !== project || isEmpty(text)) continue;
    const value = TEXT_KEYS.includes(key) ? text : parsed(text);
    const elsewhere = elsewhereDeclared(key);
    if (known.includes(key)) {
      raw[key] = value;
    } else if (elsewhere === undefined) {
      findings.push(`${fullKey}: there is no such setting; did you mean ${project}:${closest(key, known)}?`);
    } else if (!isDefault(elsewhere, value)) {
      findings.push(`${fullKey}: has no meaning in this environment. Remove it: pulumi config rm ${fullKey}`);
    }
  }
  return { raw, findings };
}

/** What Pulumi.yaml declares for a key that this stack does not have. */
function isEmpty(text: string): boolean {
  return text === '' || text === '[]' || text === '{}';
}

function elsewhereDeclared(key: string): z.core.$ZodType | undefined {
  const shapes: Record<string, z.core.$ZodType>[] = Object.values(SCHEMAS).map((schema) => schema.shape);
  return shapes.find((shape) => key in shape)?.[key];
}

/** The engine adds the defaults of Pulumi.yaml to every stack, of another environment's keys too. */
function isDefault(type: z.core.$ZodType, value: unknown): boolean {
  return type instanceof z.ZodDefault && type.parse(undefined) === value;
}

function describe(project: string, issue: z.core.$ZodIssue, raw: Record<string, unknown>): string {
  if (issue.code === 'unrecognized_keys' && issue.path.length > 0) {
    return `${where(project, issue.path)}: there is no ${issue.keys.map((key) => `"${key}"`).join(', ')} in it`;
  }
  const given = issue.path.reduce<unknown>(
    (value, part) =>
      typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[part] : undefined,
    raw,
  );
  const name = where(project, issue.path);
  if (given !== undefined) return `${name}: ${issue.message}; it is ${JSON.stringify(given)}`;
  return issue.path.length === 1
    ? `${name}: not set. Set it: pulumi config set ${name} …`
    : `${name}: not set; ${issue.message}`;
}

/** `storage:ceph.images.nodeGroups[0].count`, as `pulumi config set --path` takes it. */
function where(project: string, path: readonly PropertyKey[]): string {
  const [key, ...rest] = path;
  return (
    `${project}:${String(key)}` +
    rest.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('')
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function refusal(findings: readonly string[]): pulumi.RunError {
  return new pulumi.RunError(
    `The configuration of this stack is not right:\n${findings.map((finding) => `  - ${finding}`).join('\n')}`,
  );
}
