import { createHash } from 'node:crypto';
import { RESERVED_PREFIX } from '../../contract/names.ts';

/** New keys of the straggler begin with this, those of client number n with `uploads/<n>/`. */
export const STRAGGLER_PREFIX = 'straggler/';
export const UPLOADS_PREFIX = 'uploads/';

/** One seeded key in so many belongs to the straggler. */
const STRAGGLER_SHARE = 97;

/**
 * Who alone may change a key: the number of a client (0 to clients − 1), the straggler, or nobody. The one
 * rule that the fleet, the straggler and the audit share: with a single writer to a key, each knows exactly
 * what must be there.
 */
export function ownerOf(move: string, key: string, clients: number): number | 'straggler' | 'nobody' {
  if (key.startsWith(RESERVED_PREFIX)) return 'nobody';
  if (key.startsWith(STRAGGLER_PREFIX)) return 'straggler';
  const upload = new RegExp(`^${UPLOADS_PREFIX}(\\d+)/`).exec(key);
  if (upload !== null) return Number(upload[1]);
  const digest = createHash('sha256').update(`${move}\n${key}`).digest();
  if (digest.readUInt32BE(0) % STRAGGLER_SHARE === 0) return 'straggler';
  return digest.readUInt32BE(4) % clients;
}

/** The prefix of the keys that a client makes itself, and that it lists. */
export function uploadsOf(client: number): string {
  return `${UPLOADS_PREFIX}${client}/`;
}
