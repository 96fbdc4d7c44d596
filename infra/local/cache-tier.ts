import * as pulumi from '@pulumi/pulumi';
import { cacheTierFiles } from '../../scripts/contract/local/nginx-files.ts';
import type { NginxSpec } from '../../scripts/contract/local/specs.ts';
import { cacheTierConf } from '../nginx/cache-tier.ts';
import type { CacheTierSettings } from '../nginx/settings.ts';
import { originConf } from '../../scripts/contract/nginx-origin.ts';
import { cacheTierScript } from '../nginx/script.ts';
import { partCommand, type LocalRuntime } from './part-command.ts';
import type { LocalPorts } from './ports.ts';
import { ENTRIES } from '../../scripts/contract/entries.ts';

export type CacheTierArgs = {
  runtime: LocalRuntime;
  ports: LocalPorts;
  /** Names below which a bucket may be part of the host name. */
  bucketDomains: string[];
  /** An anonymous read is never older while the origin answers, in seconds; at least 3. */
  maxStaleSeconds: number;
  /** How long requests may go on at the old origin after a turn, in seconds. */
  drainSeconds: number;
};

/** Nginx before the images cluster. Its origin is S3 at first; the cutover turns it. */
export class CacheTier extends pulumi.ComponentResource {
  /** What browsers and applications talk to. */
  readonly endpoint: pulumi.Output<string>;

  constructor(name: string, args: CacheTierArgs, options?: pulumi.ComponentResourceOptions) {
    super('storage:local:CacheTier', name, {}, options);
    const up = partCommand<{ endpoint: string }>(`${name}-up`, 'nginx', args.runtime, nginxPart(args), {
      parent: this,
    });
    this.endpoint = up.endpoint;
    this.registerOutputs({ endpoint: this.endpoint });
  }
}

/** The command that makes Nginx read its origin file again, and confirms that it serves by it. */
export function reloadCommand(runtime: LocalRuntime, ports: LocalPorts): string[] {
  const script = `${runtime.projectFolder}/${ENTRIES.nginxReload}`;
  return [runtime.nodeBinary, script, runtime.home, `http://127.0.0.1:${ports.cacheTier}`];
}

/** The description of the part `nginx`. */
export function nginxPart(args: CacheTierArgs): Omit<NginxSpec, 'home' | 'run'> {
  const { ports } = args;
  return {
    configuration: cacheTierConf(cacheTierSettings(args)),
    script: cacheTierScript(),
    firstOrigin: originConf({ order: 's3', epoch: 1n }),
    port: ports.cacheTier,
    dropPort: ports.cacheDrop,
    user: WORKER_USER,
  };
}

const WORKER_USER = 'www-data';

function cacheTierSettings({ runtime, ports, ...args }: CacheTierArgs): CacheTierSettings {
  const { origin, script, pid, errorLog, accessLog, cache, temporary } = cacheTierFiles(runtime.home);
  const local = (port: number | undefined) => `127.0.0.1:${port ?? 0}`;
  return {
    listen: local(ports.cacheTier),
    dropListen: local(ports.cacheDrop),
    upstreams: {
      ceph: ports.images.gateways.map(local),
      s3: [local(ports.source.gateways[0])],
      pending: [local(ports.pending)],
    },
    sourceHost: local(ports.source.gateways[0]),
    bucketDomains: args.bucketDomains,
    maxStaleSeconds: args.maxStaleSeconds,
    drainSeconds: args.drainSeconds,
    cache: { folder: cache, maxMegabytes: 1024, unusedMinutes: 10 },
    user: WORKER_USER,
    files: { origin, script, pid, errorLog, accessLog },
    temporaryFolder: temporary,
  };
}
