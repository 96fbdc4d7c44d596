import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { measured, type Usage } from './measured.ts';
import type { Side, Stand } from './stand.ts';

/** The environment's own proxies and certificates are not for stores on this machine. */
const LOCAL: Record<string, string | undefined> = {
  AWS_CA_BUNDLE: undefined,
  HTTP_PROXY: undefined,
  HTTPS_PROXY: undefined,
  http_proxy: undefined,
  https_proxy: undefined,
  NO_PROXY: '*',
};

/** A program of bench/clients/, which gets its stores as JSON. */
export function client(stand: Stand, name: string, task: object): Promise<Usage & { output: string }> {
  const file = path.join(import.meta.dirname, 'clients', `${name}.ts`);
  return measured([process.execPath, file, JSON.stringify(task)], { folder: stand.folder, env: LOCAL });
}

const ROOT = path.resolve(import.meta.dirname, '..');

/** Builds our own command line as `npm run package` does: what is measured is what people install. */
export async function buildMigrate(): Promise<void> {
  await execa(process.execPath, ['scripts/tools/package/bundle.ts'], { cwd: ROOT });
}

/** Our own command line. */
export function migrate(stand: Stand, ...args: string[]): Promise<Usage & { output: string }> {
  const file = path.join(ROOT, 'dist/scripts/migrate.js');
  return measured([process.execPath, file, ...args], { folder: stand.folder, env: LOCAL });
}

/** rclone, with the remotes `source` and `target`. */
export async function rclone(
  stand: Stand,
  program: string,
  ...args: string[]
): Promise<Usage & { output: string }> {
  const file = path.join(stand.folder, 'rclone.conf');
  const remote = (name: string, { endpoint, keys }: Side) =>
    [
      `[${name}]`,
      'type = s3',
      'provider = Ceph',
      `endpoint = ${endpoint.endpoint}`,
      `access_key_id = ${keys.accessKeyId}`,
      `secret_access_key = ${keys.secretAccessKey}`,
      'force_path_style = true',
      'no_check_bucket = true',
    ].join('\n');
  await writeFile(file, `${remote('source', stand.source)}\n\n${remote('target', stand.target)}\n`, {
    mode: 0o600,
  });
  return measured([program, '--config', file, '--quiet', ...args], { folder: stand.folder, env: LOCAL });
}

/** s5cmd, which knows one endpoint only. */
export function s5cmd(
  stand: Stand,
  program: string,
  side: Side,
  ...args: string[]
): Promise<Usage & { output: string }> {
  return measured([program, '--endpoint-url', side.endpoint.endpoint, '--log', 'error', ...args], {
    folder: stand.folder,
    env: {
      ...LOCAL,
      AWS_ACCESS_KEY_ID: side.keys.accessKeyId,
      AWS_SECRET_ACCESS_KEY: side.keys.secretAccessKey,
      AWS_SESSION_TOKEN: undefined,
      AWS_PROFILE: undefined,
      AWS_REGION: side.endpoint.region,
    },
  });
}

/** A store, as a client takes it. */
export function place({ endpoint, keys }: Side): Place {
  return { endpoint: endpoint.endpoint, region: endpoint.region, keys };
}

export type Place = {
  endpoint: string;
  region: string;
  keys: { accessKeyId: string; secretAccessKey: string };
};
