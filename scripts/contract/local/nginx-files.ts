import path from 'node:path';

/** Where the files of the cache tier lie in a home. */
export function cacheTierFiles(home: string) {
  const folder = path.join(home, 'nginx');
  return {
    folder,
    configuration: path.join(folder, 'nginx.conf'),
    script: path.join(folder, 'cache-tier.js'),
    origin: path.join(folder, 'origin.conf'),
    cache: path.join(home, 'data', 'nginx-cache'),
    temporary: path.join(home, 'data', 'nginx-temporary'),
    pid: path.join(home, 'run', 'nginx.pid'),
    errorLog: path.join(home, 'log', 'nginx-error.log'),
    accessLog: path.join(home, 'log', 'nginx-access.log'),
  };
}
