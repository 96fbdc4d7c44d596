import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import * as pulumi from '@pulumi/pulumi';
import { build, type BuildOptions } from 'esbuild';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const BUILT = path.join(ROOT, 'node_modules/.cache/storage-functions');

/**
 * Where the bundle lies in the archive: as deep as the scripts that it is made of, so that what they
 * read beside themselves (`new URL('../../infra/database/…', import.meta.url)`) is found with `files`.
 */
const BUNDLE = 'scripts/function/index.mjs';

/** What a function made of `bundleFunction` names as its handler; the entry exports `handler`. */
export const FUNCTION_HANDLER = 'scripts/function/index.handler';

/** The runtime that the bundles are built for: the Node that runs these scripts everywhere else. */
export const FUNCTION_RUNTIME = 'nodejs24.x';

// pg and pino are CommonJS and ask for Node's own modules by `require`, which a module does not have.
const BANNER = `import { createRequire } from 'node:module';
import { fileURLToPath as pathOfUrl } from 'node:url';
const require = createRequire(import.meta.url);
const __filename = pathOfUrl(import.meta.url);
const __dirname = pathOfUrl(new URL('.', import.meta.url));`;

/**
 * The code of a Lambda function: one module with all that `entry` imports, the AWS SDK too (the one of
 * Lambda's runtime changes without notice). The same sources give the same archive on every machine, so
 * a preview shows a changed function only when it is one.
 *
 * @param entry a file of this repository, such as `scripts/move/capture/lambda.ts`, that exports `handler`
 * @param options.files files or folders of this repository that the code reads, such as `infra/database`;
 *   they keep their place. Default: none
 * The update fails with esbuild's findings when the entry cannot be bundled.
 */
export function bundleFunction(
  entry: string,
  options: { files?: readonly string[] } = {},
): pulumi.asset.AssetArchive {
  const assets: Record<string, pulumi.asset.Asset | pulumi.asset.Archive> = {
    [BUNDLE]: new pulumi.asset.FileAsset(bundleFile(entry)),
  };
  for (const file of options.files ?? []) {
    const from = path.join(ROOT, file);
    assets[file] = /\.[a-z]+$/.test(file)
      ? new pulumi.asset.FileAsset(from)
      : new pulumi.asset.FileArchive(from);
  }
  return new pulumi.asset.AssetArchive(assets);
}

/**
 * Builds the bundle and keeps it as a file under its own digest: a text asset would put the whole code into
 * the state, which the engine rewrites after every resource.
 *
 * @returns the file's path
 * @throws RunError with esbuild's findings when the entry cannot be bundled
 */
export async function bundleFile(entry: string): Promise<string> {
  const code = await codeOf(entry);
  const name = entry.replaceAll(/[^a-z0-9]+/gi, '-');
  const folder = path.join(BUILT, `${name}-${createHash('sha256').update(code).digest('hex').slice(0, 16)}`);
  const file = path.join(folder, 'index.mjs');
  if (!existsSync(file) || readFileSync(file, 'utf8') !== code) {
    mkdirSync(folder, { recursive: true });
    // Two programs may build the same at once: neither may read half a file.
    const incoming = path.join(folder, `.${process.pid}.incoming`);
    writeFileSync(incoming, code);
    renameSync(incoming, file);
  }
  return file;
}

/** Built beside the program, which goes on declaring resources meanwhile. */
async function codeOf(entry: string): Promise<string> {
  const settings: BuildOptions & { write: false } = {
    absWorkingDir: ROOT,
    entryPoints: [entry],
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    mainFields: ['module', 'main'],
    // An optional native driver of pg that is not installed, and the ledger in a folder, which no function has.
    external: ['pg-native', '@electric-sql/pglite'],
    minifySyntax: true,
    minifyWhitespace: true,
    // A stack trace in the log must be readable: names stay, and Node prints the whole line at which it fell.
    keepNames: true,
    lineLimit: 200,
    legalComments: 'none',
    banner: { js: BANNER },
    logLevel: 'silent',
  };
  try {
    const { outputFiles } = await build(settings);
    return outputFiles[0]?.text ?? '';
  } catch (error) {
    throw new pulumi.RunError(`The function ${entry} cannot be bundled: ${String(error)}`);
  }
}
