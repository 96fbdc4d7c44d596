import { readFile, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { asMarkdown, type Result } from './result.ts';

/** The figures of the page. */
export const RESULTS = path.join(import.meta.dirname, 'RESULTS.md');

const HEAD = `# Benchmarks

Written by \`npm run bench\`. Every contest alternates its contestants on the same two clusters; seconds, processor and memory are medians of the rounds, ratios the median of the ratios round by round. Clients, both stores and PostgreSQL share the machine, so a client that takes less processor leaves more to the stores.
`;

/** Puts a result in the place of its earlier one, and leaves the others as they are. */
export async function writeResult(result: Result, rounds: number): Promise<void> {
  const sections = sectionsOf(await readFile(RESULTS, 'utf8').catch(() => ''));
  sections.set(result.title, `${asMarkdown(result)}\n\n${await conditions(rounds)}\n`);
  const titles = [...sections.keys()].sort();
  await writeFile(RESULTS, [HEAD, ...titles.map((title) => sections.get(title))].join('\n'));
}

/** The page's sections by their titles. */
function sectionsOf(page: string): Map<string, string> {
  const texts = page.split(/^(?=## )/m).slice(1);
  return new Map(texts.map((text) => [/^## (.*)$/m.exec(text)?.[1] ?? '', `${text.trim()}\n`]));
}

/** What the figures are of, for who compares them with others. */
async function conditions(rounds: number): Promise<string> {
  const [cpu] = os.cpus();
  const ceph = (await execa('ceph', ['--version'], { reject: false })).stdout.replace(
    / \([0-9a-f]{40}\)/,
    '',
  );
  const memory = Math.round(os.totalmem() / 2 ** 30);
  return [
    `_${new Date().toISOString().slice(0, 10)}, ${rounds} rounds`,
    `${os.cpus().length} × ${cpu?.model ?? 'unknown'}, ${memory} GiB, Linux ${os.release()}`,
    `${ceph}, one RGW a cluster, three OSDs at the target`,
    `Node ${process.versions.node}; rclone 1.75.1, s5cmd 2.3.0, built from their Go modules_`,
  ].join('; ');
}
