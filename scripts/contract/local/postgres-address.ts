import path from 'node:path';

/** Owns our databases. No superuser. */
export const ROLE = 'storage';

/** Where the server's socket is; only root and the server's user may enter. */
export function postgresSocketFolder(home: string): string {
  return path.join(home, 'run', 'postgres');
}

/**
 * A connection string for one of our databases. It holds no secret, because there is none: the server
 * listens on its socket alone, and the kernel says who connects.
 */
export function connectionString(home: string, database: string): string {
  const query = new URLSearchParams({ host: postgresSocketFolder(home), user: ROLE });
  return `postgresql:///${database}?${query.toString().replaceAll('%2F', '/')}`;
}
