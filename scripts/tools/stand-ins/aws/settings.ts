import { mapParts, plain, UNKNOWN, withoutVersion, type Wire } from '../wire.ts';

export type AwsSettings = {
  region: string;
  /** The first of `allowedAccountIds`, else one that AWS uses in its examples. */
  account: string;
  defaultTags: Record<string, string>;
  /** Tags that others manage: neither merged nor compared. */
  ignoredTags: { keys: string[]; prefixes: string[] };
};

const EXAMPLE_ACCOUNT = '123456789012';

/** The provider's arguments, which come as JSON in text where they are not text themselves. */
export function argumentsOf(config: Wire): Wire {
  return mapParts(withoutVersion(plain(config) as Wire), parsed) as Wire;
}

export function settingsOf(config: Wire): AwsSettings {
  const given = argumentsOf(config) as {
    region?: string;
    allowedAccountIds?: string[];
    defaultTags?: { tags?: Record<string, string> };
    ignoreTags?: { keys?: string[]; keyPrefixes?: string[] };
  };
  return {
    region: given.region ?? process.env['AWS_REGION'] ?? process.env['AWS_DEFAULT_REGION'] ?? '',
    account: given.allowedAccountIds?.[0] ?? EXAMPLE_ACCOUNT,
    defaultTags: given.defaultTags?.tags ?? {},
    ignoredTags: { keys: given.ignoreTags?.keys ?? [], prefixes: given.ignoreTags?.keyPrefixes ?? [] },
  };
}

function parsed(value: unknown): unknown {
  if (typeof value !== 'string' || !/^[[{]|^(true|false|\d+)$/.test(value)) return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
}

/**
 * Puts all tags that a resource gets, the provider's and its own over them, into its inputs as `tagsAll`,
 * as the real provider does before it checks; `tags` stays what the program gave
 * (https://github.com/pulumi/pulumi-aws/blob/v7.48.0/provider/tags.go, applyTags).
 */
export function withAllTags(inputs: Wire, { defaultTags, ignoredTags }: AwsSettings): Wire {
  const own = plain(inputs['tags'] ?? {}) as Wire | string;
  if (typeof own === 'string' || Object.values(own).includes(UNKNOWN)) {
    return { ...inputs, tagsAll: UNKNOWN };
  }
  const isIgnored = (key: string) =>
    ignoredTags.keys.includes(key) || ignoredTags.prefixes.some((prefix) => key.startsWith(prefix));
  const all = Object.entries({ ...defaultTags, ...own }).filter(([key]) => !isIgnored(key));
  return { ...inputs, tagsAll: Object.fromEntries(all) };
}
