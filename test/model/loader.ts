import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import { MUTANTS } from './mutants.ts';

/**
 * Lets the migration's own code run on the model instead of on a network, a database and a clock: what it
 * imports of the platform is replaced, nothing of itself. With `?mutant=NAME` on a module's URL, it and all
 * that it imports are loaded once more, with one guard broken.
 */

const PLATFORM: Record<string, string> = {
  undici: './platform/undici.ts',
  pg: './platform/pg.ts',
  execa: './platform/programs.ts',
  'node:fs/promises': './platform/files.ts',
  'write-file-atomic': './platform/files.ts',
  'node:timers/promises': './platform/timers-promises.ts',
};

const ROOT = new URL('../../', import.meta.url).href;
const isProject = (url: string | undefined): boolean =>
  url !== undefined && (url.startsWith(`${ROOT}scripts/`) || url.startsWith(`${ROOT}infra/`));

/** For this thread, and for good: before any code of `scripts/` is imported. */
export function installLoader(): void {
  process.env['MIGRATE_LOG'] ??= 'silent';
  registerHooks({
    resolve(specifier, context, next) {
      const { parentURL } = context;
      const replaced = isProject(parentURL) ? PLATFORM[specifier] : undefined;
      if (replaced !== undefined) return { url: new URL(replaced, import.meta.url).href, shortCircuit: true };
      const resolved = next(specifier, context);
      const mutant = mutantIn(parentURL);
      if (mutant === null || !isProject(resolved.url) || mutantIn(resolved.url) !== null) return resolved;
      return { ...resolved, url: `${resolved.url}?mutant=${encodeURIComponent(mutant)}` };
    },
    load(url, context, next) {
      const name = mutantIn(url);
      if (name === null || !isProject(url)) return next(url, context);
      const file = new URL(url);
      file.search = '';
      return { format: 'module-typescript', source: mutated(name, file), shortCircuit: true };
    },
  });
}

function mutantIn(url: string | undefined): string | null {
  return url === undefined || !url.includes('?mutant=') ? null : new URL(url).searchParams.get('mutant');
}

/** Throws where the guard that a mutant breaks is not in its file (any more), or is there twice. */
function mutated(name: string, file: URL): string {
  let source = readFileSync(fileURLToPath(file), 'utf8');
  const mutant = MUTANTS.find((candidate) => candidate.name === name);
  if (mutant === undefined) throw new Error(`no mutant ${name}`);
  for (const edit of mutant.edits) {
    if (file.href !== ROOT + edit.file) continue;
    const [before, after, ...more] = source.split(edit.guard);
    if (before === undefined || after === undefined || more.length > 0) {
      throw new Error(`${edit.file} has the guard of the mutant "${name}" not once: ${edit.guard}`);
    }
    source = before + edit.broken + after;
  }
  return source;
}
