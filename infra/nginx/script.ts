import { readFileSync } from 'node:fs';

/** The text of the njs module that nginx.conf imports. */
export function cacheTierScript(): string {
  return readFileSync(new URL('./njs/cache-tier.js', import.meta.url), 'utf8');
}
