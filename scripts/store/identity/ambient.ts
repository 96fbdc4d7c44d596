import { fromIni, fromNodeProviderChain } from '@aws-sdk/credential-providers';
import { memoize } from '@smithy/core/config';
import { messageOf, UserError } from '../../contract/errors.ts';

/** Keys that sign a request; those of a role have a session token and an end. */
export type Credentials = { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
/** Asked before every request, so that keys that end are replaced in time. */
export type CredentialsProvider = () => Promise<Credentials>;

let chain: ReturnType<typeof fromNodeProviderChain> | undefined;

/**
 * The SDK's default chain: variables, a profile, the pod's identity, the function's role. One for the
 * whole process: it keeps what it got, fetches again five minutes before the end, and however many ask at
 * once, it asks once.
 */
export function ambientChain(): ReturnType<typeof fromNodeProviderChain> {
  chain ??= fromNodeProviderChain();
  return chain;
}

/** Credentials are fetched again this long before their end, as the chain does. */
const RENEW_MILLISECONDS = 300_000;

/**
 * What a profile of AWS' shared files gives: keys, a role to assume, a process to run, a single sign-on. That
 * alone: where it gives nothing, no other identity of this machine steps in. Throws UserError (exit 3) then.
 */
export function profileCredentials(profile: string): CredentialsProvider {
  const kept = memoize(
    fromIni({ profile }),
    ({ expiration }) => expiration !== undefined && expiration.getTime() - Date.now() < RENEW_MILLISECONDS,
    ({ expiration }) => expiration !== undefined,
  );
  return async () => {
    try {
      return keysOf(await kept());
    } catch (error) {
      throw new UserError(
        `The AWS profile "${profile}" gives no credentials: ${messageOf(error)}. See what it says: aws configure list --profile ${profile}`,
        { exitCode: 3, cause: error },
      );
    }
  };
}

function keysOf({ accessKeyId, secretAccessKey, sessionToken }: Credentials | AwsCredentials): Credentials {
  return { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) };
}

type AwsCredentials = Awaited<ReturnType<ReturnType<typeof fromNodeProviderChain>>>;

/** What the process itself was given on AWS. Throws UserError (exit 3) where it was given nothing. */
export async function ambientCredentials(): Promise<Credentials> {
  try {
    return keysOf(await ambientChain()());
  } catch (error) {
    throw new UserError(
      `This process has no AWS credentials: ${messageOf(error)}. On a runner, assume the role of the stack first; ` +
        'a pod needs a pod identity, a function a role.',
      { exitCode: 3, cause: error },
    );
  }
}
