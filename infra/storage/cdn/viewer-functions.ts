import { readFileSync } from 'node:fs';

const read = (file: string) => readFileSync(new URL(`./functions/${file}`, import.meta.url), 'utf8');

/**
 * What runs before the cache for one bucket of the images host: takes the bucket off the path, and refuses
 * signed requests and listings.
 *
 * @param signedHost where signed requests belong, for the refusal's text
 */
export function anonymousReadFunction(bucket: string, signedHost: string): string {
  return (
    `var BUCKET = ${JSON.stringify(bucket)};\nvar SIGNED_HOST = ${JSON.stringify(signedHost)};\n` +
    read('anonymous-read.js')
  );
}

/** What answers every path of the images host that begins with no bucket. */
export function nothingHereFunction(): string {
  return read('nothing-here.js');
}
