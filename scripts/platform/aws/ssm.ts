import { GetParameterCommand, ParameterNotFound, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { UserError } from '../../contract/errors.ts';
import { ambientRegion, awsClientOptions, awsTrouble } from '../../store/identity/aws-client.ts';

/** A text in Systems Manager's parameter store, and its version. */
export type SsmText = { text: string; version: number };

const clients = new Map<string, SSMClient>();

function clientOf(region: string): SSMClient {
  const standing = clients.get(region) ?? new SSMClient(awsClientOptions(region));
  clients.set(region, standing);
  return standing;
}

/** Null where there is no such parameter. */
export async function getSsmText(region: string, name: string): Promise<SsmText | null> {
  try {
    const { Parameter } = await clientOf(region).send(new GetParameterCommand({ Name: name }));
    return { text: Parameter?.Value ?? '', version: Parameter?.Version ?? 0 };
  } catch (error) {
    if (error instanceof ParameterNotFound) return null;
    throw awsTrouble(`The parameter ${name} in ${region} cannot be read`, error);
  }
}

/**
 * Replaces the text of a parameter, whole. Its type and tier stay what the stack made them.
 *
 * @returns its new version
 */
export async function putSsmText(region: string, name: string, text: string): Promise<number> {
  try {
    const put = new PutParameterCommand({
      Name: name,
      Value: text,
      Type: 'String',
      Overwrite: true,
      // The one value that keeps a parameter in the tier it has; the default asks for the standard one.
      Tier: 'Intelligent-Tiering',
    });
    return (await clientOf(region).send(put)).Version ?? 0;
  } catch (error) {
    throw awsTrouble(`The parameter ${name} in ${region} cannot be written`, error);
  }
}

/** The text of a parameter of the region that the process runs in; it must be there. */
export async function readSsmText(name: string): Promise<string> {
  const region = ambientRegion();
  const found = await getSsmText(region, name);
  if (found === null) {
    throw new UserError(`There is no parameter ${name} in ${region}; pulumi up makes it`, { exitCode: 3 });
  }
  return found.text;
}
