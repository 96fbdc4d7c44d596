import { readFile } from 'node:fs/promises';
import { parseEnvironment, type Environment } from '../contract/environment.ts';
import { messageOf, UserError } from '../contract/errors.ts';

const SSM = 'ssm:';

/**
 * Reads the environment document that the stack wrote.
 *
 * @param place a file, or `ssm:NAME` for a parameter of Systems Manager
 */
export async function readEnvironment(place: string): Promise<Environment> {
  return parseEnvironment(await readDocument(place), place);
}

async function readDocument(place: string): Promise<unknown> {
  const isParameter = place.startsWith(SSM);
  try {
    return JSON.parse(
      isParameter
        ? await (await import('./aws/ssm.ts')).readSsmText(place.slice(SSM.length))
        : await readFile(place, 'utf8'),
    );
  } catch (error) {
    throw new UserError(
      `Cannot read the environment from ${place}: ${messageOf(error)}. It must be the environment.json that the stack wrote: name it with --environment or MIGRATE_ENVIRONMENT`,
      { exitCode: isParameter ? 3 : 2, cause: error },
    );
  }
}
