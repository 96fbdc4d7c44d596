import path from 'node:path';
import { build, type Metafile } from 'esbuild';
import { beforeAll, expect, test } from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '../../..');

let inputs: Metafile['inputs'];
beforeAll(async () => {
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: ['scripts/cli/main.ts'],
    outdir: 'out',
    bundle: true,
    splitting: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    write: false,
    metafile: true,
  });
  inputs = metafile.inputs;
}, 60_000);

/** The packages that are loaded with a file of ours, before anything in it runs. */
function packagesWith(file: string): Set<string> {
  const packages = new Set<string>();
  const files = new Set([file]);
  for (const each of files) {
    for (const { path: name, kind, external } of inputs[each]?.imports ?? []) {
      if (kind === 'dynamic-import' || name.startsWith('node:')) continue;
      if (external === true) packages.add(name);
      else files.add(name);
    }
  }
  return packages;
}

test('help loads nothing but the command line', () => {
  expect(packagesWith('scripts/cli/main.ts')).toEqual(new Set(['@commander-js/extra-typings']));
});

test('no command loads an SDK of AWS or Pulumi, or PGlite, before it needs one', () => {
  const imports = inputs['scripts/cli/commands.ts']?.imports ?? [];
  const commands = imports.filter(({ kind }) => kind === 'dynamic-import').map(({ path: name }) => name);
  expect(commands.length).toBeGreaterThan(12);
  for (const command of commands) {
    const packages = packagesWith(command);
    expect(packages).toContain('zod');
    const early = [...packages].filter((name) => /^(@aws-sdk|@electric-sql|@pulumi|@grpc)/.test(name));
    expect([command, early]).toEqual([command, []]);
  }
});

test('a command that only reads the ledger does not load what speaks to stores', () => {
  for (const command of ['scripts/cli/commands/status.ts', 'scripts/cli/commands/failed.ts']) {
    expect(packagesWith(command)).not.toContain('undici');
  }
});
