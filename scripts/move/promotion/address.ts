import type { Move } from '../../contract/environment.ts';

/** The object that a client's request names. */
export type Address = { move: Move; key: string };

/**
 * Which object of which move a request names, path-style or with the bucket in the host's name.
 *
 * @param uri  the request's path and query as the client sent them
 * @param host the client's Host header
 * @returns null where it is no object of a move: another bucket, a bucket itself, or a key that is not
 *   UTF-8, which none on the list is
 */
export function addressOf(moves: readonly Move[], uri: string, host: string): Address | null {
  const path = decodePath(uri.split('?', 1)[0] ?? '');
  if (path === null) return null;
  const virtual = moves.find(({ targetBucket }) => host.toLowerCase().startsWith(`${targetBucket}.`));
  if (virtual !== undefined) {
    return withKey(virtual, path.startsWith('/') ? path.slice(1) : path);
  }
  // RGW decodes a path before it looks for slashes, and passes over all that lead.
  const [, bucket, key] = /^\/*([^/]*)\/?([^]*)$/.exec(path) ?? [];
  const move = moves.find(({ targetBucket }) => targetBucket === bucket);
  return move === undefined ? null : withKey(move, key ?? '');
}

/** The move whose bucket a request is sent to, whatever the rest of its path says. */
export function bucketOf(moves: readonly Move[], uri: string, host: string): Move | null {
  const virtual = moves.find(({ targetBucket }) => host.toLowerCase().startsWith(`${targetBucket}.`));
  if (virtual !== undefined) return virtual;
  const path = decodePath(uri.split('?', 1)[0] ?? '');
  const bucket = path === null ? undefined : /^\/*([^/]*)/.exec(path)?.[1];
  return moves.find(({ targetBucket }) => targetBucket === bucket) ?? null;
}

function withKey(move: Move, key: string): Address | null {
  return key === '' ? null : { move, key };
}

function decodePath(path: string): string | null {
  try {
    return decodeURIComponent(path);
  } catch {
    return null;
  }
}

/** Presigned URL → what Nginx passes to S3: path and query exactly as they were signed. */
export function internalPath(presigned: string): string {
  const path = /^https?:\/\/[^/]+(\/[^]*)$/.exec(presigned)?.[1];
  if (path === undefined) throw new TypeError(`not a URL: ${presigned}`);
  return `/_source${path}`;
}
