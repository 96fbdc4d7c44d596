import { renderUsage, defineCommand, type ArgsDef, type CommandDef } from 'citty';

const EXIT_CODES =
  'EXIT CODES  0 done · 1 differences, failed keys, or refused · 2 wrong use · 3 a store or the ledger could not be reached, or refused · 70 a bug · 143 told to stop before the end';

/** A command's module, loaded only when it is asked for. */
const load = (module: () => Promise<{ default: unknown }>) => async () =>
  (await module()).default as CommandDef;

export const migrate = defineCommand({
  meta: {
    name: 'migrate',
    description:
      'Moves buckets from S3 to Ceph while applications go on writing; or makes any bucket equal to another, on any two S3 endpoints. ' +
      'Example: migrate sync --source s3://photos --target s3://photos --target-endpoint https://rgw.example.com --target-profile ceph',
  },
  subCommands: {
    preflight: load(() => import('./commands/preflight.ts')),
    phase: load(() => import('./commands/phase.ts')),
    source: load(() => import('./commands/source.ts')),
    capture: load(() => import('./commands/capture.ts')),
    events: load(() => import('./commands/events.ts')),
    sync: load(() => import('./commands/sync.ts')),
    replay: load(() => import('./commands/replay.ts')),
    verify: load(() => import('./commands/verify.ts')),
    hold: load(() => import('./commands/hold.ts')),
    pending: load(() => import('./commands/pending.ts')),
    'cache-tier': load(() => import('./commands/cache-tier.ts')),
    teardown: load(() => import('./commands/teardown.ts')),
    status: load(() => import('./commands/status.ts')),
    failed: load(async () => ({ default: (await import('./commands/failed.ts')).failed })),
    retry: load(async () => ({ default: (await import('./commands/failed.ts')).retry })),
    databases: load(() => import('./commands/databases.ts')),
  },
});

/** The commands that the words name, from `migrate` to the last one. */
export async function commandsOf(words: readonly string[]): Promise<CommandDef[]> {
  const chain: CommandDef[] = [migrate];
  for (const word of words) {
    const child = (await resolve(chain.at(-1)?.subCommands))?.[word];
    if (child === undefined) break;
    chain.push((await resolve(child)) as CommandDef);
  }
  return chain;
}

/** The arguments of all commands of a chain, and of the one that its last runs by itself. */
export async function argumentsOf(chain: readonly CommandDef[]): Promise<ArgsDef[]> {
  const last = chain.at(-1);
  const own = await resolve(last?.default);
  const inner = own === undefined ? undefined : (await resolve(last?.subCommands))?.[own];
  const all = inner === undefined ? chain : [...chain, (await resolve(inner)) as CommandDef];
  return Promise.all(all.map(async ({ args }) => (await resolve(args)) ?? {}));
}

async function resolve<T>(value: T | (() => T) | (() => Promise<T>) | Promise<T>): Promise<T> {
  return await (typeof value === 'function' ? (value as () => T | Promise<T>)() : value);
}

/** What `--help` prints after these words. */
export async function usage(words: readonly string[]): Promise<string> {
  const chain = await commandsOf(words);
  const [command = migrate, parent] = chain.toReversed();
  return `${await renderUsage(command, parent)}\n${EXIT_CODES}\n`;
}
