import { readFileSync } from 'node:fs';
import path from 'node:path';
import * as pulumi from '@pulumi/pulumi';
import { describe, expect, test } from 'vitest';
import { bundleFile, bundleFunction } from '../../../../infra/storage/functions/bundle.ts';

const ENTRY = 'scripts/move/capture/lambda.ts';
const root = path.resolve(import.meta.dirname, '../../../..');

describe('a bundle', () => {
  test('is the same file each time, and names nothing of this machine', async () => {
    const file = await bundleFile(ENTRY);
    const code = readFileSync(file, 'utf8');
    expect(await bundleFile(ENTRY)).toBe(file);
    expect(code).not.toContain(root);
    expect(path.relative(root, file)).toMatch(
      /^node_modules\/\.cache\/storage-functions\/scripts-move-capture-lambda-ts-[0-9a-f]{16}\/index\.mjs$/,
    );
  });

  test('has the handler, and lines that a log can show', async () => {
    const module = (await import(await bundleFile(ENTRY))) as object;
    expect(Object.keys(module).sort()).toEqual(['canaryLines', 'handleBatch', 'handler']);
    const longest = Math.max(
      ...readFileSync(await bundleFile(ENTRY), 'utf8')
        .split('\n')
        .map((line) => line.length),
    );
    expect(longest).toBeLessThan(5000);
  });

  test('lies in the archive where the files that it reads are found from', async () => {
    const archive = bundleFunction(ENTRY, { files: ['infra/database/ledger', 'package.json'] });
    const assets = (await archive.assets) as Record<string, pulumi.asset.Asset | pulumi.asset.Archive>;
    expect(Object.keys(assets)).toEqual([
      'scripts/function/index.mjs',
      'infra/database/ledger',
      'package.json',
    ]);
    const bundle = assets['scripts/function/index.mjs'] as pulumi.asset.FileAsset;
    expect(await bundle.path).toBe(await bundleFile(ENTRY));
    expect(assets['infra/database/ledger']).toBeInstanceOf(pulumi.asset.FileArchive);
    expect(assets['package.json']).toBeInstanceOf(pulumi.asset.FileAsset);
  });

  test('that cannot be made says why', async () => {
    const assets = (await bundleFunction('scripts/move/capture/no-such.ts').assets) as Record<
      string,
      pulumi.asset.FileAsset
    >;
    const made = assets['scripts/function/index.mjs']?.path;
    await expect(made).rejects.toThrow(pulumi.RunError);
    await expect(made).rejects.toThrow(/scripts\/move\/capture\/no-such\.ts cannot/);
  });
});
