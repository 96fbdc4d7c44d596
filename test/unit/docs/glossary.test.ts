import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { PHASES, workersIn } from '../../../scripts/contract/phases.ts';
import { plan } from '../../../scripts/contract/plan.ts';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const GLOSSARY = 'docs/glossary.md';

/** Words in the names of steps and tables that mean what they mean everywhere. */
const PLAIN =
  'allow bounded bridge certify complete default deny empty enable expire healthy install no on only remove sample start suspend switched to write'.split(
    ' ',
  );

const entries = [...read(GLOSSARY).matchAll(/^- \*\*(.+)\*\*: (.+)$/gm)].map(
  ([, term = '', meaning = '']) => ({ term, meaning }),
);
const terms = new Set(entries.map(({ term }) => singular(term)));
const words = new Set([...entries.flatMap(({ term }) => wordsOf(term)), ...PLAIN]);
const pages = ['README.md', 'CONTRIBUTING.md', ...filesBelow('docs', /\.md$/)];

describe('the glossary', () => {
  it('is in alphabetical order and has each term once', () => {
    const named = entries.map(({ term }) => term);
    expect(named.length).toBeGreaterThan(50);
    expect(named).toEqual([...new Set(named)].toSorted((a, b) => a.localeCompare(b, 'en')));
  });

  it('explains each term in one sentence', () => {
    const isSentence = (text: string) => /^[A-Z].*[^.]\.$/.test(text) && !/[.!?] [A-Z]/.test(text);
    expect(entries.filter(({ meaning }) => !isSentence(meaning))).toEqual([]);
  });

  it('has no term that nobody uses', () => {
    const sources = [
      ...filesBelow('scripts', /\.(ts|mjs|sh|py)$/),
      ...filesBelow('infra', /\.(ts|js|sql)$/),
      ...pages,
    ];
    const text = sources
      .filter((file) => file !== GLOSSARY)
      .map(read)
      .join('\n');
    expect(entries.map(({ term }) => term).filter((term) => !anySpelling(term).test(text))).toEqual([]);
  });

  it('has every phase, every worker and every kind of certificate', () => {
    const kinds = /CREATE TABLE certificate \([^;]*kind IN \(([^)]+)\)/.exec(ledgerTables())?.[1] ?? '';
    const named = [
      ...PHASES,
      ...PHASES.flatMap(workersIn).map((worker) =>
        worker.replace(/^pending$/, 'pending list').replace('-', ' '),
      ),
      ...kinds
        .replaceAll("'", '')
        .split(', ')
        .map((kind) => kind.replace(/^base$/, 'base certificate')),
    ];
    expect(kinds).toContain('parity');
    expect(named.map(singular).filter((name) => !terms.has(name))).toEqual([]);
  });

  it('has every folder of the move', () => {
    const rooms = readdirSync(path.join(ROOT, 'scripts/move')).filter((name) => name !== 'common');
    expect(rooms.length).toBeGreaterThan(5);
    expect(rooms.filter((name) => !terms.has(singular(name)))).toEqual([]);
  });

  it('has the words that the steps of every plan are named by', () => {
    const plans = ['none' as const, ...PHASES].flatMap((from) => PHASES.map((to) => plan(from, to)));
    const ids = plans.flatMap((each) => (each.kind === 'refused' ? [] : each.steps.map(({ id }) => id)));
    expect(new Set(ids).size).toBeGreaterThan(20);
    expect(unexplained(ids)).toEqual([]);
  });

  it('has the words that the tables of the ledger are named by', () => {
    const tables = [...ledgerTables().matchAll(/CREATE TABLE (\w+)/g)].map(([, name = '']) => name);
    expect(tables.length).toBeGreaterThan(10);
    expect(unexplained(tables)).toEqual([]);
  });

  it.each(pages)('has every word that %s sets in italics', (page) => {
    const prose = read(page)
      .replaceAll(/^```[\s\S]*?^```$/gm, '')
      .replaceAll(/`[^`]*`/g, '');
    const italics = [...prose.matchAll(/(?<![\w*])\*([^\s*](?:[^*\n]*[^\s*])?)\*(?![\w*])/g)];
    const unknown = italics.map(([, text = '']) => text).filter((text) => !terms.has(singular(text)));
    expect(unknown.filter((text) => text !== 'italics')).toEqual([]);
  });
});

function unexplained(names: readonly string[]): string[] {
  return names.filter((name) => !wordsOf(name).every((word) => words.has(word)));
}

function wordsOf(name: string): string[] {
  return name
    .toLowerCase()
    .replaceAll("'", '')
    .split(/[\s_-]+/)
    .map(singular);
}

function singular(text: string): string {
  return text.toLowerCase().replace(/(?<=[a-z]{3})s$/, '');
}

/** As two words, as `two-words`, `two_words` or `twoWords`, in the plural too. */
function anySpelling(term: string): RegExp {
  return new RegExp(`(?<![a-z])${term.split(/[\s-]/).join('[\\s_-]*')}s?`, 'i');
}

function ledgerTables(): string {
  return filesBelow('infra/database/ledger', /\.sql$/)
    .map(read)
    .join('\n');
}

function read(file: string): string {
  return readFileSync(path.join(ROOT, file), 'utf8');
}

function filesBelow(folder: string, name: RegExp): string[] {
  return readdirSync(path.join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && name.test(entry.name))
    .map((entry) => path.relative(ROOT, path.join(entry.parentPath, entry.name)));
}
