import { fromNodeProviderChain } from '@aws-sdk/credential-providers';
import { messageOf, UserError } from '../errors.ts';

/** Keys that sign a request; those of a role have a session token and an end. */
export type Credentials = { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
/** Asked before every request, so that keys that end are replaced in time. */
export type CredentialsProvider = () => Promise<Credentials>;

let chain: ReturnType<typeof fromNodeProviderChain> | undefined;

/**
 * The SDK's default chain: variables, a profile, the pod's identity, the function's role. One for the
 * whole process: it keeps what it got, fetches anew five minutes before the end, and however many ask at
 * once, it asks once.
 */
export function ambientChain(): ReturnType<typeof fromNodeProviderChain> {
  chain ??= fromNodeProviderChain();
  return chain;
}

/** What the process itself was given on AWS. Throws UserError (exit 3) where it was given nothing. */
export async function ambientCredentials(): Promise<Credentials> {
  try {
    const { accessKeyId, secretAccessKey, sessionToken } = await ambientChain()();
    return { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) };
  } catch (error) {
    throw new UserError(
      `This process has no AWS credentials: ${messageOf(error)}. On a runner, assume the role of the stack first; ` +
        'a pod needs a pod identity, a function a role.',
      { exitCode: 3, cause: error },
    );
  }
}
