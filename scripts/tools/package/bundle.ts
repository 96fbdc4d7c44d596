import { rm } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/**
 * As deep as the scripts that it is made of, so that what they read beside themselves
 * (`new URL('../../../infra/database/', import.meta.url)`) is found in the package too.
 */
const FOLDER = 'dist/scripts';

// Builds `migrate` for the package: our own sources as JavaScript, each command in a file of its own that is
// loaded when it is asked for. The packages stay what npm installs.
const outdir = path.join(ROOT, FOLDER);
await rm(outdir, { recursive: true, force: true });
await build({
  absWorkingDir: ROOT,
  entryPoints: ['scripts/migrate.ts'],
  outdir,
  bundle: true,
  splitting: true,
  packages: 'external',
  platform: 'node',
  format: 'esm',
  target: 'node22.18',
  keepNames: true,
  logLevel: 'warning',
});
process.stderr.write(`built ${outdir}\n`);
