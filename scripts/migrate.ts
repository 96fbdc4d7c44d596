#!/usr/bin/env node
import { defineCommand, renderUsage, runCommand, type CommandDef } from 'citty';
import { failureOf } from './failure.ts';

/** A command's module, loaded only when it is asked for. */
const load = (module: () => Promise<{ default: unknown }>) => async () =>
  (await module()).default as CommandDef;

const migrate = defineCommand({
  meta: {
    name: 'migrate',
    description:
      'Moves buckets from S3 to Ceph while applications go on writing. ' +
      'Exit codes: 0 done, 1 differences, failed keys or refused, 2 wrong use, 3 something could not be reached.',
  },
  subCommands: {
    preflight: load(() => import('./preflight/command.ts')),
    phase: load(() => import('./phase/command.ts')),
    source: load(() => import('./source/command.ts')),
    capture: load(() => import('./capture/command.ts')),
    events: load(() => import('./events/command.ts')),
    sync: load(() => import('./sync/command.ts')),
    replay: load(() => import('./replay/command.ts')),
    verify: load(() => import('./verify/command.ts')),
    hold: load(() => import('./cutover/command.ts')),
    pending: load(() => import('./pending/command.ts')),
    'cache-tier': load(() => import('./cache-tier/command.ts')),
    teardown: load(() => import('./teardown/command.ts')),
    status: load(() => import('./status/command.ts')),
    databases: load(() => import('./steps/command.ts')),
  },
});

/** The command that the words name, for its usage. */
async function commandOf(words: string[]): Promise<[CommandDef, CommandDef | undefined]> {
  let command: CommandDef = migrate;
  let parent: CommandDef | undefined;
  for (const word of words) {
    const children = await resolve(command.subCommands);
    const child = children?.[word];
    if (child === undefined) break;
    [parent, command] = [command, (await resolve(child)) as CommandDef];
  }
  return [command, parent];
}

async function resolve<T>(value: T | (() => T) | (() => Promise<T>) | Promise<T>): Promise<T> {
  return await (typeof value === 'function' ? (value as () => T | Promise<T>)() : value);
}

async function main(words: string[]): Promise<void> {
  if (words.length === 0 || words.includes('--help') || words.includes('-h')) {
    process.stdout.write((await renderUsage(...(await commandOf(words)))) + '\n');
    return;
  }
  try {
    await runCommand(migrate, { rawArgs: words });
  } catch (error) {
    const isWrongUse = error instanceof Error && error.name === 'CLIError';
    const { exitCode, text } = isWrongUse
      ? { exitCode: 2, text: `${error.message}\nSee: migrate ${words[0] ?? ''} --help` }
      : failureOf(error);
    process.stderr.write(`${text}\n`);
    process.exitCode = exitCode;
  }
}

// An engine that was killed leaves its steps running without anybody who reads: they go on to their end,
// instead of dying at the next line that they say.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
await main(process.argv.slice(2));
