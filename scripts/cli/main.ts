import { stripVTControlCharacters } from 'node:util';
import { CommanderError } from '@commander-js/extra-typings';
import { migrate } from './commands.ts';

/** Runs one command. The only place that decides what a failure prints and with what code the process ends. */
export async function main(words: readonly string[]): Promise<void> {
  let close = () => Promise.resolve();
  const command = migrate().hook('preAction', async () => {
    close = (await import('../ledger/embedded.ts')).closeEmbeddedLedgers;
  });
  try {
    await command.parseAsync(withHelp(words), { from: 'user' });
  } catch (error) {
    const { exitCode, text } = await explain(error);
    if (exitCode === 0) return;
    if (words.includes('--json')) {
      const message = stripVTControlCharacters(text);
      process.stdout.write(`${JSON.stringify({ type: 'error', exitCode, message })}\n`);
    }
    process.exitCode = exitCode;
  } finally {
    await close();
  }
}

/** `migrate`, and `migrate help COMMAND`, ask for help too. */
function withHelp(words: readonly string[]): string[] {
  const [first, ...rest] = words;
  return first === undefined || first === 'help' ? [...rest, '--help'] : [...words];
}

async function explain(error: unknown): Promise<{ exitCode: number; text: string }> {
  // Commander has printed it already; its only other code than 0 is 1.
  if (error instanceof CommanderError) return { exitCode: error.exitCode === 0 ? 0 : 2, text: error.message };
  const { failureOf } = await import('../platform/failure.ts');
  const failure = failureOf(error);
  process.stderr.write(`${failure.text}\n`);
  return failure;
}
