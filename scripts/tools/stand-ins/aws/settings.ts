import { checkMembers } from '../declarations/check.ts';
import type { Sdk } from '../declarations/sdk.ts';
import type { Failure, Wire } from '../recording/provider.ts';
import { plain, UNKNOWN } from '../secrets.ts';

export type AwsSettings = {
  region: string;
  /** The first of `allowedAccountIds`, else one that AWS uses in its examples. */
  account: string;
  defaultTags: Record<string, string>;
  /** Tags that others manage: neither merged nor compared. */
  ignoredTags: { keys: string[]; prefixes: string[] };
};

const EXAMPLE_ACCOUNT = '123456789012';

/** The provider's arguments come as JSON in text where they are not text themselves. */
export function settingsOf(config: Wire): AwsSettings {
  const value = (name: string) => parsed(plain(config[name]));
  const region = value('region') ?? process.env['AWS_REGION'] ?? process.env['AWS_DEFAULT_REGION'];
  const accounts = value('allowedAccountIds') as string[] | undefined;
  const defaults = value('defaultTags') as { tags?: Record<string, string> } | undefined;
  const ignored = value('ignoreTags') as { keys?: string[]; keyPrefixes?: string[] } | undefined;
  return {
    region: typeof region === 'string' ? region : '',
    account: accounts?.[0] ?? EXAMPLE_ACCOUNT,
    defaultTags: defaults?.tags ?? {},
    ignoredTags: { keys: ignored?.keys ?? [], prefixes: ignored?.keyPrefixes ?? [] },
  };
}

export function checkSettings(sdk: Sdk, config: Wire): Failure[] {
  const inputs = Object.fromEntries(
    Object.entries(config)
      .filter(([name]) => name !== 'version')
      .map(([name, value]) => [name, parsed(plain(value))]),
  );
  return checkMembers(sdk, 'aws.Provider', sdk.providerInputs(), inputs);
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
