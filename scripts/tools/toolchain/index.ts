import { pathWith } from './executables.ts';
import { ensurePlugins } from './plugins.ts';
import { ensurePulumi } from './pulumi.ts';

/**
 * Makes the Pulumi CLI, its host for Node programs and the provider plugins available, installing what is
 * missing, and puts them on this process's PATH, so that all that it starts finds them.
 *
 * Throws a UserError that says what to install by hand.
 * @param pulumiHome the PULUMI_HOME of the engine that will run; default: the variable, else ~/.pulumi
 */
export async function ensureToolchain(options: {
  log: (line: string) => void;
  pulumiHome?: string;
}): Promise<{ binDirs: string[] }> {
  const pulumi = await ensurePulumi(options);
  const standIns = await ensurePlugins({ ...options, pulumiBinDir: pulumi.binDir });
  const binDirs = [pulumi.binDir, ...standIns];
  process.env['PATH'] = pathWith(binDirs);
  return { binDirs };
}
