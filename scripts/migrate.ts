#!/usr/bin/env node
import { enableCompileCache } from 'node:module';
import { stripVTControlCharacters } from 'node:util';
import { runCommand } from 'citty';
import { argumentsOf, commandsOf, migrate, usage } from './cli/commands.ts';
import { failureOf } from './platform/failure.ts';
import { closeEmbeddedLedgers } from './ledger/embedded.ts';
import { assertKnownOptions } from './cli/unknown-options.ts';

// Half of the processor time of a start is reading what was read the last time.
enableCompileCache();

async function main(words: string[]): Promise<void> {
  if (words.length === 0 || words.includes('--help') || words.includes('-h')) {
    const text = await usage(words);
    process.stdout.write(process.stdout.isTTY ? text : stripVTControlCharacters(text));
    return;
  }
  try {
    assertKnownOptions(words, await argumentsOf(await commandsOf(words)));
    await runCommand(migrate, { rawArgs: words });
  } catch (error) {
    const isWrongUse = error instanceof Error && error.name === 'CLIError';
    const { exitCode, text } = isWrongUse
      ? { exitCode: 2, text: `${error.message}\nSee: migrate ${words[0] ?? ''} --help` }
      : failureOf(error);
    process.stderr.write(`${text}\n`);
    if (words.includes('--json')) {
      process.stdout.write(
        `${JSON.stringify({ type: 'error', exitCode, message: stripVTControlCharacters(text) })}\n`,
      );
    }
    process.exitCode = exitCode;
  } finally {
    await closeEmbeddedLedgers();
  }
}

// An engine that was killed leaves its steps running without anybody who reads: they go on to their end,
// instead of dying at the next line that they say.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
await main(process.argv.slice(2));
