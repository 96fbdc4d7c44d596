import { readFileSync } from 'node:fs';

/** Where the search has found a mutant: the run of this seed, and how many it took. */
export type Found = { seed: number; path: string; runs: number };

export const FOUND_FILE = new URL('../found.json', import.meta.url);

/** By the mutants' names, as `npm run test:model -- --mutants` has written it down. */
export function readFound(): Partial<Record<string, Found>> {
  return JSON.parse(readFileSync(FOUND_FILE, 'utf8')) as Record<string, Found>;
}
