import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { cacheTierConf } from '../../infra/nginx/cache-tier.ts';
import type { CacheTierSettings } from '../../infra/nginx/settings.ts';
import type { OriginSettings } from '../../scripts/contract/nginx-origin.ts';
import { cacheTierScript } from '../../infra/nginx/script.ts';
import { podSettings } from '../../infra/storage/cache-tier/configuration.ts';
import { Addresses } from '../../scripts/platform/nginx/addresses.ts';
import { followedFiles, type FollowedFiles } from '../../scripts/platform/nginx/files.ts';
import { Follower } from '../../scripts/platform/nginx/follower.ts';
import { answers } from '../../scripts/local/parts/run.ts';
import { freePort, sendTo, Stub, type Answer } from './cache-tier.ts';
import { Authority } from './certificates.ts';

export const CEPH_HOST = 'rgw-images.objects.food.example';
export const S3_HOST = 's3.us-east-1.amazonaws.com';

/** What the stack tells a pod, its folders in a home of the test's own. */
export function settingsIn(
  home: string,
  authorities: string,
  given: Partial<CacheTierSettings> = {},
): CacheTierSettings {
  const settings = podSettings({
    room: { maxMegabytes: 100, keysMegabytes: 16 },
    cephHost: CEPH_HOST,
    region: 'us-east-1',
    bucketDomains: ['signed.images.food.example', 'images.objects.food.example'],
    maxStaleSeconds: 3,
    requestSeconds: 60,
    authorities,
  });
  const run = followedFiles(path.join(home, 'run'));
  return {
    ...settings,
    upstreams: { file: run.upstreams },
    cache: { ...settings.cache, folder: path.join(home, 'cache/objects') },
    temporaryFolder: path.join(home, 'cache/temporary'),
    drainingFile: path.join(home, 'run/draining'),
    files: {
      ...settings.files,
      origin: run.origin,
      pid: run.pid,
      script: path.join(home, 'etc/cache-tier.js'),
      accessLog: path.join(home, 'cache/access.log'),
    },
    ...given,
  };
}

/** Real Nginx with its follower, before stores that speak TLS under names of their own. */
export class CacheTierPod {
  readonly home: string;
  readonly authority: Authority;
  readonly ceph: Stub;
  readonly s3: Stub;
  readonly pending: Stub;
  readonly files: FollowedFiles;
  readonly follower: Follower;
  endpoint = '';
  settings: CacheTierSettings;
  /** What the ledger says; an error where it is away. */
  origin: OriginSettings | Error = { order: 's3', epoch: 1n };
  /** What the name of the stores leads to. */
  addresses: string[] = ['127.0.0.1'];
  #nginx: ChildProcess | undefined;

  private constructor(parts: {
    home: string;
    authority: Authority;
    ceph: Stub;
    s3: Stub;
    pending: Stub;
    listen: string;
    dropListen: string;
  }) {
    this.home = parts.home;
    this.authority = parts.authority;
    this.ceph = parts.ceph;
    this.s3 = parts.s3;
    this.pending = parts.pending;
    this.endpoint = `http://${parts.listen}`;
    this.files = followedFiles(path.join(this.home, 'run'));
    const { listen, dropListen } = parts;
    // Here it is root that starts Nginx, which then leaves its workers to somebody else.
    this.settings = settingsIn(this.home, this.authority.file, {
      listen,
      dropListen,
      user: 'www-data',
      workers: { count: 1, connections: 512 },
    });
    const url = (stub: Stub, host: string, scheme: string) =>
      `${scheme}://${host}:${stub.address.split(':')[1]}`;
    const servers = {
      ceph: { url: url(this.ceph, CEPH_HOST, 'https'), everySeconds: 0 },
      s3: { url: url(this.s3, S3_HOST, 'https'), everySeconds: 0 },
      pending: { url: url(this.pending, '127.0.0.1', 'http'), everySeconds: 0 },
    };
    this.follower = new Follower({
      files: this.files,
      configuration: path.join(this.home, 'etc/nginx.conf'),
      endpoint: this.endpoint,
      origin: () =>
        this.origin instanceof Error ? Promise.reject(this.origin) : Promise.resolve(this.origin),
      upstreams: () => new Addresses(servers, { lookUp: () => Promise.resolve(this.addresses) }).upstreams(),
    });
  }

  static async start(): Promise<CacheTierPod> {
    const home = await mkdtemp(path.join(os.tmpdir(), 'cache-tier-pod-'));
    execFileSync('chmod', ['755', home]);
    for (const folder of ['etc', 'run', 'cache/temporary'])
      await mkdir(path.join(home, folder), { recursive: true });
    execFileSync('chown', ['-R', 'www-data', path.join(home, 'cache')]);
    const authority = await Authority.make();
    const ceph = new Stub(await authority.sign(CEPH_HOST));
    const s3 = new Stub(await authority.sign(S3_HOST));
    await Promise.all([ceph.listen(), s3.listen()]);
    const pending = new Stub();
    await pending.listen();
    const pod = new CacheTierPod({
      home,
      authority,
      ceph,
      s3,
      pending,
      listen: await freePort(),
      dropListen: await freePort(),
    });
    await pod.configure();
    await writeFile(path.join(home, 'etc/cache-tier.js'), cacheTierScript());
    await pod.follower.step();
    pod.#nginx = spawn(
      '/usr/sbin/nginx',
      ['-c', pod.files.configuration, '-e', path.join(home, 'cache/error.log')],
      { stdio: 'ignore' },
    );
    if (!(await answers(`${pod.endpoint}/_origin`, 10))) throw new Error('Nginx does not answer');
    await pod.follower.step();
    return pod;
  }

  /** What the stack writes into the ConfigMap. */
  async configure(given: Partial<CacheTierSettings> = {}, text?: string): Promise<void> {
    this.settings = { ...this.settings, ...given };
    await writeFile(path.join(this.home, 'etc/nginx.conf'), text ?? cacheTierConf(this.settings));
  }

  send(
    method: string,
    rawPath: string,
    options: { headers?: Record<string, string>; body?: string } = {},
  ): Promise<Answer> {
    return sendTo(this.endpoint, method, rawPath, options);
  }

  forget(): void {
    for (const stub of [this.ceph, this.s3, this.pending]) stub.forget();
  }

  async stop(): Promise<void> {
    if (this.#nginx !== undefined) {
      const ended = once(this.#nginx, 'exit');
      this.#nginx.kill('SIGTERM');
      await ended;
    }
    for (const stub of [this.ceph, this.s3, this.pending]) stub.close();
    await this.authority.remove();
    await rm(this.home, { recursive: true });
  }
}
