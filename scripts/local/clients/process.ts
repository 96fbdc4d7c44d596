import { parseArgs } from 'node:util';
import { outliveStart } from '../../platform/process.ts';
import { messageOf, UserError } from '../../contract/errors.ts';
import { printFailure } from '../failure.ts';

export type Flags = {
  environment: string;
  home: string;
  positive: (name: string) => number;
  count: (name: string) => number;
};

/** Reads `--environment`, `--home` and numbers with their defaults. Throws a UserError for anything else. */
export function parseFlags(numbers: Record<string, string>, args: string[] = process.argv.slice(2)): Flags {
  let values: Record<string, string | undefined>;
  try {
    const options = Object.fromEntries(
      ['environment', 'home', ...Object.keys(numbers)].map((name) => [name, { type: 'string' as const }]),
    );
    values = parseArgs({ args, options }).values;
  } catch (error) {
    throw new UserError(messageOf(error), { cause: error });
  }
  const required = (name: string): string => {
    const value = values[name] ?? (name === 'environment' ? process.env['MIGRATE_ENVIRONMENT'] : undefined);
    if (value === undefined) throw new UserError(`Missing --${name}`);
    return value;
  };
  const number = (name: string, fits: (value: number) => boolean, expected: string): number => {
    const given = values[name] ?? numbers[name] ?? '';
    if (given.trim() === '' || !fits(Number(given)))
      throw new UserError(`--${name} is "${given}"; it must be ${expected}`);
    return Number(given);
  };
  return {
    environment: required('environment'),
    home: required('home'),
    positive: (name) => number(name, (value) => value > 0, 'a number above 0'),
    count: (name) =>
      number(name, (value) => Number.isInteger(value) && value >= 0, '0 or a whole number above it'),
  };
}

/** Runs a process until its work ends or SIGTERM or SIGINT asks it to; `stopped` then aborts. */
export async function runProcess(work: (stopped: AbortSignal) => Promise<void>): Promise<void> {
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop.abort());
  try {
    await work(stop.signal);
    await outliveStart();
    process.exit(0);
  } catch (error) {
    process.exit(printFailure(error));
  }
}
