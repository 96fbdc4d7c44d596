import { UserError } from '../../contract/errors.ts';
import { StoreError } from '../../store/errors.ts';

/**
 * Runs a command's work; a store that could not be asked becomes an error for people (exit 3). A
 * difference is an answer, this is none.
 *
 * @param so what follows for the user, for example `nothing was certified`
 */
export async function orUnreachable<T>(so: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    throw new UserError(`A store could not be asked, so ${so}: ${error.message}`, {
      exitCode: 3,
      cause: error,
    });
  }
}
