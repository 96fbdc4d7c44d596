#!/usr/bin/env node
// What `npx migrate` starts, on the Node that the machine happens to have (20 or newer). In a checkout it runs
// the sources, installed as a package the bundle of `npm run package`: Node strips no types below node_modules. Which
// Node runs either is decided by the entry of the toolchain.
import { existsSync, realpathSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const root = path.resolve(realpathSync(fileURLToPath(new URL('.', import.meta.url))), '../../..');
const isInstalled = root.split(path.sep).includes('node_modules');
const script = path.join(root, isInstalled ? 'dist/scripts/migrate.js' : 'scripts/migrate.ts');

if (existsSync(script)) {
  process.argv.splice(2, 0, script);
  await import('../toolchain/enter.mjs');
} else {
  console.error(`${script} is missing: this package was not made by npm run package, which builds it`);
  process.exitCode = 2;
}
