import {
  GetSecretValueCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { UserError } from '../../contract/errors.ts';
import { awsClientOptions, awsTrouble } from './aws-client.ts';

/** A secret is asked for again after so long, so that a rotated one comes into force without a restart. */
const KEPT_MILLISECONDS = 5 * 60_000;

const clients = new Map<string, SecretsManagerClient>();
const kept = new Map<string, { text: Promise<string>; until: number }>();

/**
 * The text of a secret. Kept in memory for five minutes; however many ask at once, Secrets Manager is
 * asked once. Throws UserError (exit 3) where it is not there or may not be read.
 *
 * @param secret its name or ARN
 */
export function secretText(region: string, secret: string): Promise<string> {
  const name = `${region} ${secret}`;
  const standing = kept.get(name);
  if (standing !== undefined && standing.until > Date.now()) return standing.text;
  const text = fetchSecret(region, secret);
  kept.set(name, { text, until: Date.now() + KEPT_MILLISECONDS });
  text.catch(() => kept.delete(name));
  return text;
}

async function fetchSecret(region: string, secret: string): Promise<string> {
  const client = clients.get(region) ?? new SecretsManagerClient(awsClientOptions(region));
  clients.set(region, client);
  try {
    const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: secret }));
    return SecretString ?? '';
  } catch (error) {
    if (error instanceof ResourceNotFoundException) {
      throw new UserError(
        `There is no secret ${secret} in ${region}; the step that makes the user makes it`,
        {
          exitCode: 3,
          cause: error,
        },
      );
    }
    throw awsTrouble(`The secret ${secret} in ${region} cannot be read`, error);
  }
}
