import { parseKnownFiles } from '@smithy/core/config';
import { messageOf, UserError } from '../../contract/errors.ts';
import type { CredentialsSource, StoreEndpoint } from '../../contract/environment.ts';
import type { StoresOptions } from '../options.ts';
import { bundleVariable } from '../../store/identity/authorities.ts';
import { splitBucket } from '../../store/bucket-name.ts';
import { parseEndpoint, type Location } from './location.ts';

export type Side = 'source' | 'target';

/** Settings of a profile that say where its store is. */
type ProfileSettings = {
  region?: string | undefined;
  endpoint?: string | undefined;
  caBundle?: string | undefined;
};

const DEFAULT_REGION = 'us-east-1';

/**
 * The store of one side, from its options, its profile, AWS' variables and the standing profile (AWS_PROFILE, or
 * `default`), in this order: what names one side comes before what is for both.
 *
 * @throws UserError (exit 2) that names the option
 */
export async function readSide(
  options: StoresOptions,
  side: Side,
  variables: Readonly<Record<string, string | undefined>> = process.env,
): Promise<{ location: Location; endpoint: StoreEndpoint }> {
  const location = options[side];
  if (location === undefined) {
    throw new UserError(
      `--${side} is missing: give both, for example --source s3://photos --target s3://photos-copy`,
    );
  }
  const profile = options[`${side}Profile`];
  const named = await profileSettings(profile, side);
  const standing = profile === undefined ? await standingSettings(variables) : {};
  const configured = isTrue(variables['AWS_IGNORE_CONFIGURED_ENDPOINT_URLS'])
    ? undefined
    : (named.endpoint ??
      variables['AWS_ENDPOINT_URL_S3'] ??
      variables['AWS_ENDPOINT_URL'] ??
      standing.endpoint);
  const endpoint =
    options[`${side}Endpoint`] ?? (configured === undefined ? undefined : parseConfigured(configured, side));
  const region =
    options[`${side}Region`] ??
    regionOfHost(endpoint) ??
    named.region ??
    variables['AWS_REGION'] ??
    variables['AWS_DEFAULT_REGION'] ??
    standing.region;
  const caBundle = named.caBundle ?? bundleVariable(variables) ?? standing.caBundle ?? '';
  const isAmazon = endpoint === undefined || isAmazonHost(endpoint.hostname);
  if (isAmazon && region === undefined) {
    throw new UserError(
      `Which region is s3://${location.bucket} in? Give --${side}-region (for example eu-west-1), a --${side}-profile that has one, or set AWS_REGION. ` +
        `For another store than Amazon S3 give --${side}-endpoint`,
    );
  }
  if (isAmazon && splitBucket(location.bucket).tenant !== null) {
    throw new UserError(
      `--${side} is s3://${location.bucket}, a bucket of a tenant, and Amazon S3 has no tenants. For an RGW give --${side}-endpoint`,
    );
  }
  const credentials: CredentialsSource =
    profile === undefined ? { kind: 'ambient' } : { kind: 'profile', profile };
  return {
    location,
    endpoint: {
      kind: isAmazon ? 'aws' : 'ceph',
      endpoint: endpoint?.href ?? `https://s3.${region}.${amazonSuffix(region ?? '')}`,
      region: region ?? DEFAULT_REGION,
      // A certificate for *.s3.… covers no bucket with a dot in its name.
      addressing:
        options[`${side}Addressing`] ?? (isAmazon && !location.bucket.includes('.') ? 'virtual' : 'path'),
      credentials,
      ...(caBundle !== '' && { caBundle }),
      ...(location.prefix !== '' && { prefix: location.prefix }),
    },
  };
}

/** The URL that a profile or a variable names. */
function parseConfigured(text: string, side: Side): URL {
  try {
    return parseEndpoint(text);
  } catch (error) {
    throw new UserError(
      `The ${side}'s endpoint, of its profile or AWS_ENDPOINT_URL, is "${text}". ${messageOf(error)} Or give --${side}-endpoint`,
      { cause: error },
    );
  }
}

async function profileSettings(profile: string | undefined, side: Side): Promise<ProfileSettings> {
  if (profile === undefined) return {};
  const known = await knownProfiles();
  const found = known[profile];
  if (found === undefined) {
    // What `services` names is kept among the profiles.
    const names = Object.keys(known).filter((name) => !name.includes('.'));
    throw new UserError(
      `--${side}-profile is "${profile}"; ~/.aws/config and ~/.aws/credentials have ${names.length === 0 ? 'none' : `no such profile, but ${names.join(', ')}`}. ` +
        `Make it with: aws configure --profile ${profile}`,
    );
  }
  return settingsOf(known, found);
}

/** The profile where none is named: that of AWS_PROFILE, or `default`. */
async function standingSettings(
  variables: Readonly<Record<string, string | undefined>>,
): Promise<ProfileSettings> {
  const known = await knownProfiles();
  const found = known[variables['AWS_PROFILE'] ?? 'default'];
  return found === undefined ? {} : settingsOf(known, found);
}

type Profiles = Awaited<ReturnType<typeof parseKnownFiles>>;

async function knownProfiles(): Promise<Profiles> {
  try {
    return await parseKnownFiles({});
  } catch (error) {
    throw new UserError(`AWS' shared files cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

/** The section of its services comes before the profile's own. */
function settingsOf(known: Profiles, profile: Profiles[string]): ProfileSettings {
  const services = profile['services'] === undefined ? undefined : known[`services.${profile['services']}`];
  return {
    region: profile['region'],
    endpoint: services?.['s3.endpoint_url'] ?? profile['endpoint_url'],
    caBundle: profile['ca_bundle'],
  };
}

function isTrue(text: string | undefined): boolean {
  return text?.toLowerCase() === 'true';
}

function isAmazonHost(host: string): boolean {
  return /(^|\.)amazonaws\.com(\.cn)?$/.test(host);
}

/** `s3.eu-west-1.amazonaws.com` says it itself. */
function regionOfHost(url: URL | undefined): string | undefined {
  return /^s3[.-](?:dualstack\.|fips\.)?([a-z]{2}(?:-[a-z]+)+-\d)\.amazonaws\.com/.exec(
    url?.hostname ?? '',
  )?.[1];
}

function amazonSuffix(region: string): string {
  return region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
}
