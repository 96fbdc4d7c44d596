import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { isAtLeast, pathWith } from '../../../../scripts/tools/toolchain/executables.ts';
import { toolchainFolder } from '../../../../scripts/tools/toolchain/folder.mjs';
import { differs } from '../../../../scripts/tools/toolchain/node-modules.mjs';
import { isNewEnough } from '../../../../scripts/tools/toolchain/node.mjs';
import { DOWNLOADED_VERSION } from '../../../../scripts/tools/toolchain/pulumi-download.ts';

it.each([
  ['18.20.0', false],
  ['20.20.2', false],
  ['22.17.9', false],
  ['22.18.0', true],
  ['23.11.0', false],
  ['24.0.0', true],
  ['26.1.0', true],
])('Node %s is new enough: %s', (version, expected) => {
  expect(isNewEnough(version)).toBe(expected);
});

it.each([
  ['go1.19.8', '1.21', false],
  ['go1.21', '1.21', true],
  ['go1.21.3', '1.25.11', false],
  ['go1.26.8', '1.25.11', true],
  ['v3.259.0', '3.100.0', true],
  ['3.99.1', '3.100.0', false],
  ['3.100.0-alpha.2', '3.100.0', true],
])('%s is at least %s: %s', (version, least, expected) => {
  expect(isAtLeast(version, least)).toBe(expected);
});

it('PATH has each folder once', () => {
  expect(pathWith(['/a', '/b'], '/usr/bin:/b::/bin')).toBe('/a:/b:/usr/bin:/bin');
});

it('the toolchain folder is the cache folder of the user', () => {
  expect(toolchainFolder({ XDG_CACHE_HOME: '/var/cache' })).toBe('/var/cache/storage-toolchain');
  // The XDG specification: a relative path is to be ignored.
  expect(toolchainFolder({ XDG_CACHE_HOME: 'cache' })).toMatch(/^\/.*\/\.cache\/storage-toolchain$/);
});

it('downloads the CLI that belongs to our SDK', async () => {
  const { dependencies } = JSON.parse(await readFile('package.json', 'utf8')) as {
    dependencies: Record<string, string>;
  };
  expect(DOWNLOADED_VERSION).toBe(dependencies['@pulumi/pulumi']);
});

const lock = (packages: Record<string, { version?: string; integrity?: string; optional?: boolean }>) => ({
  packages,
});

it('tells whether node_modules is what the lock file says', () => {
  const one = { version: '1.0.0', integrity: 'sha512-a' };
  const wanted = lock({
    '': { version: '0.1.0' },
    'node_modules/one': one,
    'node_modules/win': { ...one, optional: true },
  });
  expect(differs(wanted, lock({ 'node_modules/one': one }))).toBe(null);
  expect(differs(wanted, null)).toBe('none are installed');
  expect(differs(wanted, lock({}))).toBe('node_modules/one is missing and should be 1.0.0');
  expect(differs(wanted, lock({ 'node_modules/one': { ...one, version: '0.9.0' } }))).toBe(
    'node_modules/one is 0.9.0 and should be 1.0.0',
  );
  expect(differs(wanted, lock({ 'node_modules/one': { ...one, integrity: 'sha512-b' } }))).toBe(
    'node_modules/one is 1.0.0 and should be 1.0.0',
  );
  expect(differs(wanted, lock({ 'node_modules/one': one, 'node_modules/two': one }))).toBe(
    'node_modules/two should not be there',
  );
});
