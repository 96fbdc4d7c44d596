import { mkdir, rename, rm } from 'node:fs/promises';
import { createWriteStream } from 'node:fs';
import path from 'node:path';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { EnvHttpProxyAgent, fetch, type Response } from 'undici';
import { incomingFolder } from './folder.mjs';
import { runInstaller } from './installer.mjs';
import { installerVariables } from './variables.mjs';

/** The same as our `@pulumi/pulumi`. */
export const DOWNLOADED_VERSION = '3.270.0';

/** Where Pulumi's own installer takes it from (https://get.pulumi.com/install.sh). */
const RELEASES = 'https://get.pulumi.com/releases/sdk';

const ARCHITECTURES: Partial<Record<NodeJS.Architecture, string>> = { x64: 'x64', arm64: 'arm64' };

/**
 * Downloads the official Pulumi CLI with its language hosts into `target`/bin. Gives up within seconds on a
 * machine that cannot reach the place; throws the reason.
 */
export async function downloadPulumi(options: {
  target: string;
  hold: Writable;
  log: (line: string) => void;
  /** The folder of the archives. */
  releases?: string;
}): Promise<void> {
  const architecture = ARCHITECTURES[process.arch];
  if (process.platform !== 'linux' || architecture === undefined) {
    throw new Error(`there is none for ${process.platform} ${process.arch} here`);
  }
  const url = `${options.releases ?? RELEASES}/pulumi-v${DOWNLOADED_VERSION}-linux-${architecture}.tar.gz`;
  const incoming = incomingFolder(options.target);
  try {
    const archive = path.join(incoming, 'pulumi.tar.gz');
    await download(url, archive, options.log);
    const binDir = path.join(incoming, 'bin');
    await mkdir(binDir);
    // The archive has one folder, `pulumi`, with the executables in it.
    await runInstaller('tar', ['-xzf', archive, '-C', binDir, '--strip-components=1'], {
      hold: options.hold,
    });
    await rm(archive);
    await rm(options.target, { recursive: true, force: true });
    await rename(incoming, options.target);
  } finally {
    await rm(incoming, { recursive: true, force: true });
  }
}

/** Resolves when Pulumi's downloads can be reached; throws the reason within seconds when they cannot. */
export async function isReachable(): Promise<void> {
  await request('HEAD', `${RELEASES}/pulumi-v${DOWNLOADED_VERSION}-linux-x64.tar.gz`, () =>
    Promise.resolve(),
  );
}

async function download(url: string, file: string, log: (line: string) => void): Promise<void> {
  await request('GET', url, async (response) => {
    if (response.body === null) {
      throw new Error(`${url} answers nothing`);
    }
    const megabytes = Math.round(Number(response.headers.get('content-length') ?? 0) / 1e6);
    log(`Downloading ${url} (${megabytes} MB).`);
    await pipeline(Readable.fromWeb(response.body), createWriteStream(file));
  });
}

async function request(
  method: string,
  url: string,
  use: (response: Response) => Promise<void>,
): Promise<void> {
  const variables = installerVariables(process.env);
  const dispatcher = new EnvHttpProxyAgent({
    ...proxy('httpProxy', variables['http_proxy'] ?? variables['HTTP_PROXY']),
    ...proxy('httpsProxy', variables['https_proxy'] ?? variables['HTTPS_PROXY']),
    connect: { timeout: 5_000 },
    headersTimeout: 15_000,
    bodyTimeout: 30_000,
  });
  try {
    const response = await fetch(url, { method, dispatcher }).catch((error: Error) => {
      throw error.cause instanceof Error ? error.cause : error;
    });
    if (!response.ok) {
      throw new Error(`${url} answers ${response.status}`);
    }
    await use(response);
  } finally {
    await dispatcher.destroy();
  }
}

function proxy<Name extends string>(name: Name, value: string | undefined): Partial<Record<Name, string>> {
  return value === undefined || value === '' ? {} : ({ [name]: value } as Record<Name, string>);
}
