import { connectionString } from '../../scripts/contract/local/postgres-address.ts';
import { clusterFolders } from '../../scripts/contract/local/cluster-folders.ts';
import { credentialsFileOf, homeAt } from '../../scripts/contract/local/home-paths.ts';
import { cacheTierFiles } from '../../scripts/contract/local/nginx-files.ts';
import type { Environment, StoreEndpoint } from '../../scripts/contract/environment.ts';
import { reloadCommand } from './cache-tier.ts';
import type { ClusterName } from './clusters.ts';
import type { LocalRuntime } from './part-command.ts';
import type { LocalPorts } from './ports.ts';

/** RGW takes any region in a signature; this one is what S3 clients assume. */
export const REGION = 'us-east-1';

export type DocumentArgs = Pick<Environment, 'moves' | 'bounds' | 'sync' | 'wait' | 'clockAheadSeconds'> & {
  runtime: LocalRuntime;
  ports: LocalPorts;
  maxStaleSeconds: number;
};

/** The environment document of the local environment. */
export function localDocument(args: DocumentArgs): Environment {
  const { runtime, ports } = args;
  const home = homeAt(runtime.home);
  const local = (port: number | undefined) => `http://127.0.0.1:${port ?? 0}`;
  const store = (name: ClusterName): StoreEndpoint => ({
    kind: 'ceph',
    endpoint: local(ports[name].gateways[0]),
    region: REGION,
    addressing: 'path',
    credentials: { kind: 'file', file: credentialsFileOf(home, name) },
  });
  const sourceConfiguration = clusterFolders(runtime.home, 'source').configurationFile;
  return {
    name: 'local',
    ledger: connectionString(runtime.home, 'ledger'),
    source: store('source'),
    targets: { images: store('images'), metadata: store('metadata') },
    moves: args.moves,
    capture: { kind: 'push', receiver: `${local(ports.receiver)}/events`, topic: 'storage-capture' },
    parameter: { kind: 'file', file: `${runtime.home}/parameter.json` },
    cacheTier: {
      endpoint: local(ports.cacheTier),
      maxStaleSeconds: args.maxStaleSeconds,
      turn: {
        kind: 'file',
        originFile: cacheTierFiles(runtime.home).origin,
        reload: reloadCommand(runtime, ports),
      },
    },
    pending: { endpoint: local(ports.pending) },
    // A day counts as a second for this one command; the RGW itself knows nothing of it.
    lifecycleNow: [
      'radosgw-admin',
      '--conf',
      sourceConfiguration,
      '--name',
      'client.admin',
      '--rgw-lc-debug-interval=1',
      'lc',
      'process',
    ],
    workers: { kind: 'supervisor', supervisorConfig: home.supervisorConfig },
    bounds: args.bounds,
    sync: args.sync,
    wait: args.wait,
    clockAheadSeconds: args.clockAheadSeconds,
  };
}
