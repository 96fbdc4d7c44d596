import { parseEnvironment } from '../../contract/environment.ts';
import { writeFileAtomic } from '../../platform/write-file.ts';
import { claimHome } from './home.ts';
import type { EnvironmentSpec } from '../../contract/local/specs.ts';

/** Writes the environment document, whole and valid or not at all. Throws UserError with all that is wrong. */
export async function environmentUp(spec: EnvironmentSpec): Promise<{ environmentFile: string }> {
  const home = await claimHome(spec.home);
  const document = parseEnvironment(spec.document, 'the stack');
  await writeFileAtomic(home.environmentFile, `${JSON.stringify(document, null, 2)}\n`);
  return { environmentFile: home.environmentFile };
}
