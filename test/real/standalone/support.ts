import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { execa } from 'execa';
import type { StoreEndpoint } from '../../../scripts/contract/environment.ts';
import type { StoreClient } from '../../../scripts/store/client.ts';
import { readCredentials } from '../../../scripts/store/identity/credentials.ts';
import { realServices, type Scratch } from '../../support/real.ts';

const BIN = path.resolve(import.meta.dirname, '../../../scripts/tools/package/bin.mjs');

const runner =
  (env: Record<string, string>, cwd: string) =>
  (...words: string[]) =>
    execa('node', [BIN, ...words], { reject: false, env, cwd });

/** Two buckets of two RGWs, the keys to both in AWS' own files, and a folder for a ledger. */
export type Stores = {
  scratch: Scratch;
  source: StoreClient;
  target: StoreClient;
  /** A folder of this test's own, removed by `close`. */
  folder: string;
  /** What a process needs to find the profiles `old` and `new`, and nothing else of AWS. */
  env: Record<string, string>;
  /** The options that name both stores, and a ledger in the folder. */
  options: string[];
  /** Runs `migrate` as a process of its own. */
  migrate: ReturnType<typeof runner>;
  close(): Promise<void>;
};

/** @param name of the scratch: one test file's own */
export async function openStores(name: string): Promise<Stores> {
  const scratch = await (await realServices()).scratch(name);
  const [from, to] = endpointsOf(scratch);
  const folder = await mkdtemp(path.join(os.tmpdir(), 'storage-standalone-'));
  const credentials = path.join(folder, 'credentials');
  const config = path.join(folder, 'config');
  await writeFile(credentials, `${await profile('old', from)}${await profile('new', to)}`);
  // One side's endpoint comes from its profile, the other's from its option.
  await writeFile(config, `[profile new]\nregion = ${to.region}\nendpoint_url = ${to.endpoint}\n`);
  const env: Record<string, string> = {
    AWS_SHARED_CREDENTIALS_FILE: credentials,
    AWS_CONFIG_FILE: config,
    AWS_EC2_METADATA_DISABLED: 'true',
    // The variable of the person who runs the tests must not reach the processes.
    ...Object.fromEntries(
      [
        'AWS_PROFILE',
        'AWS_ACCESS_KEY_ID',
        'AWS_SECRET_ACCESS_KEY',
        'AWS_ENDPOINT_URL',
        'MIGRATE_ENVIRONMENT',
      ].map((variable) => [variable, '']),
    ),
  };
  const options = [
    ...['--source', `s3://${scratch.sourceBucket}`, '--source-profile', 'old'],
    ...['--source-endpoint', from.endpoint],
    ...['--target', `s3://${scratch.targetBucket}`, '--target-profile', 'new'],
    ...['--ledger', path.join(folder, 'ledger')],
  ];
  return {
    scratch,
    source: await scratch.source(),
    target: await scratch.target(),
    folder,
    env,
    options,
    migrate: runner(env, folder),
    async close() {
      await scratch.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function endpointsOf({ environment }: Scratch): [StoreEndpoint, StoreEndpoint] {
  const [target] = Object.values(environment.targets);
  if (target === undefined) throw new Error('the environment has no target');
  return [environment.source, target];
}

async function profile(name: string, endpoint: StoreEndpoint): Promise<string> {
  const { accessKeyId, secretAccessKey } = await readCredentials(endpoint, 'applications');
  return `[${name}]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n\n`;
}

/** Everything in a bucket, as a listing shows it. */
export async function contentsOf(client: StoreClient, bucket: string): Promise<Record<string, string>> {
  const contents: Record<string, string> = {};
  for await (const { key, etag } of client.list(bucket)) contents[key] = etag;
  return contents;
}

/** The JSON objects of an output with one a line; throws where a line is none. */
export function jsonLines(output: string): Record<string, unknown>[] {
  return output.split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** Waits until a process has said so; what it says goes on being read, so that it is never held up. */
export function said(process: Readable, pattern: RegExp): Promise<RegExpExecArray> {
  const { promise, resolve, reject } = Promise.withResolvers<RegExpExecArray>();
  let text = '';
  process.on('data', (chunk: Buffer) => {
    text += chunk.toString();
    const match = pattern.exec(text);
    if (match !== null) resolve(match);
  });
  process.on('end', () => reject(new Error(`it ended and never said ${String(pattern)}: ${text}`)));
  return promise;
}
