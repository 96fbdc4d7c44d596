import { readFileSync } from 'node:fs';

/** What the page is computed from, beside the stack's settings: the table of figures.md. */
export type Figure = { name: string; what: string; value: string; from: string };

const UNITS: Readonly<Record<string, number>> = { GiB: 2 ** 30, µs: 1e-6, ns: 1e-9 };

export const FIGURES: readonly Figure[] = readFileSync(new URL('figures.md', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .slice(2)
  .map((line) => {
    const [name = '', what = '', value = '', from = ''] = line.slice(2, -2).split(' | ');
    return { name, what, value, from };
  });

/** A figure in seconds, bytes, or times a second. */
export function figure(name: string): number {
  const text = FIGURES.find((each) => each.name === name)?.value;
  if (text === undefined) throw new TypeError(`figures.md has no ${name}`);
  const [, number = '', unit = ''] = /^([\d.,]+) ?(.*)$/.exec(text) ?? [];
  return Number(number.replaceAll(',', '')) * (UNITS[unit] ?? 1);
}
