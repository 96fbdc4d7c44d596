import { readFile } from 'node:fs/promises';
import { getCACertificates } from 'node:tls';
import { parseKnownFiles } from '@smithy/core/config';
import { messageOf, UserError } from '../../contract/errors.ts';
import type { StoreEndpoint } from '../../contract/environment.ts';

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * The certificates of authorities to trust beside Node's own, as AWS' tools are told of them: AWS_CA_BUNDLE, else
 * `ca_bundle` of the profile. Undefined where nothing is named. What is on this machine's loopback never hears of it,
 * unless its endpoint names a bundle of its own.
 *
 * @throws UserError (exit 2) where the file cannot be read or holds no certificate
 */
export async function trustedAuthorities(
  endpoint: Pick<StoreEndpoint, 'endpoint' | 'caBundle' | 'credentials'>,
  variables: Variables = process.env,
): Promise<string[] | undefined> {
  const { protocol, hostname } = new URL(endpoint.endpoint);
  if (protocol !== 'https:') return undefined;
  const file = endpoint.caBundle ?? (isLoopback(hostname) ? '' : await ambientBundle(endpoint, variables));
  return file === '' ? undefined : [...getCACertificates('default'), await readBundle(file)];
}

/** The variable under its own name, or as the entry of the toolchain has set it aside. */
export function bundleVariable(variables: Variables): string | undefined {
  return variables['AWS_CA_BUNDLE'] ?? variables['STORAGE_AWS_CA_BUNDLE'];
}

async function ambientBundle(
  { credentials }: Pick<StoreEndpoint, 'credentials'>,
  variables: Variables,
): Promise<string> {
  const named = bundleVariable(variables);
  if (named !== undefined) return named;
  const profile =
    credentials.kind === 'profile' ? credentials.profile : (variables['AWS_PROFILE'] ?? 'default');
  const known = await parseKnownFiles({}).catch(() => null);
  return known?.[profile]?.['ca_bundle'] ?? '';
}

async function readBundle(file: string): Promise<string> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new UserError(
      `The bundle of certificates ${file}, of AWS_CA_BUNDLE or ca_bundle, cannot be read: ${messageOf(error)}`,
      { cause: error },
    );
  }
  if (text.includes('-----BEGIN CERTIFICATE-----')) return text;
  throw new UserError(
    `The bundle ${file}, of AWS_CA_BUNDLE or ca_bundle, holds no certificate; it must be a PEM file`,
  );
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\./.test(hostname);
}
