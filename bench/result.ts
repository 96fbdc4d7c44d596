import type { Standing } from './contest.ts';
import { medianOf } from './contest.ts';

/** What the issue of a comparison asks for, and what came out. */
export type Goal = { text: string; figure: string; met: boolean };

/** One piece of work, and how everybody did it. */
export type Result = {
  title: string;
  /** What was done, to how much, with which settings. */
  work: string;
  columns: string[];
  rows: string[][];
  goals: Goal[];
  /** What a reader must know to judge the figures fairly. */
  notes: string[];
};

/** The columns that every contest has, before those of its own. */
export const COMMON = ['', 'seconds (min–max)', 'processor s', 'stores’ processor s', 'peak MiB'];

export function commonCells(standing: Standing): string[] {
  const seconds = standing.runs.map((run) => run.seconds);
  const stores = medianOf(standing, (run) => run.storesCpuSeconds);
  return [
    standing.name,
    `${medianOf(standing, (run) => run.seconds).toFixed(2)} (${Math.min(...seconds).toFixed(2)}–${Math.max(...seconds).toFixed(2)})`,
    medianOf(standing, (run) => run.cpuSeconds).toFixed(2),
    Number.isNaN(stores) ? '–' : stores.toFixed(1),
    medianOf(standing, (run) => run.peakMiB).toFixed(0),
  ];
}

export function atLeast(text: string, goal: number, figure: number): Goal {
  return { text: `${text} ≥ ${goal}`, figure: figure.toFixed(2), met: figure >= goal };
}

export function atMost(text: string, goal: number, figure: number): Goal {
  return { text: `${text} ≤ ${goal}`, figure: figure.toFixed(2), met: figure <= goal };
}

/** For a terminal. */
export function asText({ title, work, columns, rows, goals, notes }: Result): string {
  const table = [columns, ...rows];
  const widths = columns.map((_, column) => Math.max(...table.map((row) => (row[column] ?? '').length)));
  const lines = table.map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  '),
  );
  return [
    `━━ ${title}`,
    work,
    ...lines,
    ...goals.map(({ text, figure, met }) => `${met ? '✓' : '✗'} ${text}: ${figure}`),
    ...notes.map((note) => `· ${note}`),
  ].join('\n');
}

/** For RESULTS.md. */
export function asMarkdown({ title, work, columns, rows, goals, notes }: Result): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rule = columns.map((_, column) => (column === 0 ? '---' : '--:'));
  const table = [line(columns), line(rule), ...rows.map(line)].join('\n');
  const met = goals.map(
    (goal) => `- ${goal.met ? 'met' : '**missed**'}: ${goal.text}; measured ${goal.figure}`,
  );
  return [`## ${title}`, work, table, met.join('\n'), notes.map((note) => `- ${note}`).join('\n')]
    .filter((part) => part !== '')
    .join('\n\n');
}
