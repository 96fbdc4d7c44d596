import type { Environment } from '../../scripts/contract/environment.ts';

/** A valid environment document of which nothing exists, for tests of pure parts. */
export function exampleEnvironment(): Environment {
  const store = (name: string, port: number) => ({
    kind: 'ceph' as const,
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    addressing: 'path' as const,
    credentials: { kind: 'file' as const, file: `/credentials/${name}.json` },
  });
  return {
    name: 'local',
    ledger: 'postgres://127.0.0.1:1/ledger',
    source: store('source', 1),
    targets: { images: store('images', 2), metadata: store('metadata', 3) },
    moves: [
      {
        name: 'images',
        sourceBucket: 'images-on-s3',
        targetCluster: 'images',
        targetBucket: 'images-on-ceph',
      },
      {
        name: 'metadata',
        sourceBucket: 'metadata-on-s3',
        targetCluster: 'metadata',
        targetBucket: 'metadata-on-ceph',
      },
    ],
    capture: { kind: 'push', receiver: 'http://127.0.0.1:4/events', topic: 'capture' },
    parameter: { kind: 'file', file: '/parameter.json' },
    cacheTier: {
      endpoint: 'http://127.0.0.1:5',
      maxStaleSeconds: 2,
      turn: { kind: 'file', originFile: '/origin.conf', reload: ['true'] },
    },
    pending: { endpoint: 'http://127.0.0.1:6' },
    workers: { kind: 'supervisor', supervisorConfig: '/supervisord.conf' },
    bounds: {
      refreshSeconds: 0.25,
      requestSeconds: 10,
      holdRequestSeconds: 1.5,
      holdLimitSeconds: 8,
      lateEventSeconds: 5,
      leaseSeconds: 6,
      canarySeconds: 2,
      canarySilenceSeconds: 180,
      certificateSeconds: 86_400,
      lagSeconds: 10,
      quietSeconds: 3,
      keepDays: 15,
    },
    sync: { workers: 2, concurrency: 8, keysPerShard: 500 },
    wait: true,
    clockAheadSeconds: 0,
  };
}
