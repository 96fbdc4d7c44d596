import { createWriteStream, type WriteStream } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { buildPulumi } from '../../../../scripts/tools/toolchain/pulumi-build.ts';
import { downloadPulumi, DOWNLOADED_VERSION } from '../../../../scripts/tools/toolchain/pulumi-download.ts';
import { ensurePulumi } from '../../../../scripts/tools/toolchain/pulumi.ts';

let folder: string;
const lines: string[] = [];
const log = (line: string) => void lines.push(line);

/** A child process can be given only what has a descriptor. */
let hold: WriteStream;
beforeEach(async () => {
  hold = createWriteStream('/dev/null');
  await once(hold, 'open');
  lines.length = 0;
  folder = await mkdtemp(path.join(os.tmpdir(), 'storage-pulumi-'));
  vi.stubEnv('XDG_CACHE_HOME', path.join(folder, 'cache'));
  vi.stubEnv('PATH', `${folder}/bin:/usr/bin:/bin`);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  hold.destroy();
  await rm(folder, { recursive: true, force: true });
});

async function program(file: string, body: string): Promise<void> {
  const full = path.join(folder, file);
  await mkdir(path.dirname(full), { recursive: true });
  await writeFile(full, `#!/bin/sh\n${body}\n`);
  await chmod(full, 0o755);
}

it('the one on PATH wins, with its host', async () => {
  await program('bin/pulumi', 'echo v3.100.0');
  await program('bin/pulumi-language-nodejs', 'true');
  expect(await ensurePulumi({ log })).toEqual({ binDir: `${folder}/bin`, version: '3.100.0' });
  expect(lines).toEqual([]);
});

it.each([
  ['too old', 'echo v3.99.2', true, 'is set aside: it is 3.99.2, at least 3.100.0 is needed.'],
  ['broken', 'exit 1', true, 'is set aside: it is not runnable, at least 3.100.0 is needed.'],
  ['alone', 'echo v3.200.0', false, 'is set aside: its pulumi-language-nodejs is missing.'],
])('one on PATH that is %s is set aside for the one installed before', async (_, body, host, message) => {
  await program('bin/pulumi', body);
  if (host) {
    await program('bin/pulumi-language-nodejs', 'true');
  }
  await program('cache/storage-toolchain/pulumi-3.259.0/bin/pulumi', 'echo v3.259.0');
  expect(await ensurePulumi({ log })).toEqual({
    binDir: `${folder}/cache/storage-toolchain/pulumi-3.259.0/bin`,
    version: '3.259.0',
  });
  expect(lines).toEqual([`${folder}/bin/pulumi ${message}`]);
});

it('downloads the official archive', async () => {
  await program('pulumi/pulumi', 'echo v9');
  await program('pulumi/pulumi-language-nodejs', 'true');
  await execa('tar', ['-czf', 'archive.tar.gz', 'pulumi'], { cwd: folder });
  const archive = await readFile(path.join(folder, 'archive.tar.gz'));
  const [server, releases] = await serve((url) =>
    url.endsWith(`-v${DOWNLOADED_VERSION}-linux-x64.tar.gz`) ? archive : null,
  );
  try {
    const target = path.join(folder, 'target');
    await downloadPulumi({ target, hold, log, releases });
    expect((await readdir(path.join(target, 'bin'))).sort()).toEqual(['pulumi', 'pulumi-language-nodejs']);
    expect((await execa(path.join(target, 'bin/pulumi'))).stdout).toBe('v9');
  } finally {
    server.close();
  }
});

it('a download that fails leaves nothing behind', async () => {
  const [server, releases] = await serve(() => null);
  const target = path.join(folder, 'target');
  await expect(downloadPulumi({ target, hold, log, releases })).rejects.toThrow(/answers 404$/);
  server.close();
  await once(server, 'close');
  await expect(downloadPulumi({ target, hold, log, releases })).rejects.toThrow('ECONNREFUSED');
  expect(await readdir(folder)).toEqual([]);
});

it.each([
  ['exit 1', 'Building Pulumi needs Go 1.21 or newer (https://go.dev/dl/); there is none.'],
  [
    "printf 'go1.19.8\\n\\n'",
    "needs Go 1.21 or newer (https://go.dev/dl/); go1.19.8 is installed. Debian 12's own, 1.19, is too old.",
  ],
  [
    "printf 'go1.22.1\\nlocal\\n'",
    'needs Go 1.25.11 or newer (https://go.dev/dl/); go1.22.1 is installed and GOTOOLCHAIN=local keeps it from fetching a newer one.',
  ],
])('says which Go is needed: %s', async (go, message) => {
  await program('bin/go', go);
  const build = buildPulumi({ target: path.join(folder, 'target'), hold, log });
  await expect(build).rejects.toThrow(message);
  await expect(build).rejects.toThrow(
    'install Pulumi 3.100 or newer by hand (https://www.pulumi.com/docs/install/)',
  );
});

it('a build that fails says what Go said', async () => {
  await program(
    'bin/go',
    'case "$1" in env) printf "go1.26.0\\nauto\\n";; *) echo "dial tcp: no such host" >&2; exit 1;; esac',
  );
  const build = buildPulumi({ target: path.join(folder, 'target'), hold, log });
  await expect(build).rejects.toThrow(
    /^Pulumi cannot be built: .*\ndial tcp: no such host\nOr install Pulumi/s,
  );
});

async function serve(answer: (url: string) => Buffer | null): Promise<[Server, string]> {
  const server = createServer((request, response) => {
    const body = answer(request.url ?? '');
    response.writeHead(body === null ? 404 : 200).end(body ?? '');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return [server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`];
}
