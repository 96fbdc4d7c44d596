import { describe, expect, test } from 'vitest';
import { buildReport } from '../../../../scripts/local/report/build.ts';
import { newestOfEach, phasesOf } from '../../../../scripts/local/report/collect.ts';
import { bytes, seconds, zerosOf, type Figures } from '../../../../scripts/local/report/figures.ts';
import { thin } from '../../../../scripts/local/report/thin.ts';
import { at, exampleFigures } from './example.ts';

const MADE = at(120);

describe('the exit code', () => {
  test('is 0 where every zero was checked and is one', () => {
    expect(buildReport(exampleFigures(), MADE).exitCode).toBe(0);
  });

  const { clients, audit } = exampleFigures();
  if (clients === null || audit === null) throw new Error('The example has both');
  test.each<[string, Partial<Figures>]>([
    ['a failed request', { clients: { ...clients, failed: 1 } }],
    ['a lost write that a client saw', { clients: { ...clients, lost: 1 } }],
    ['a lost write that the audit found', { audit: { ...audit, lost: 1 } }],
    ['a resurrected object', { audit: { ...audit, resurrected: 1 } }],
    ['an object that nobody wrote', { audit: { ...audit, unexpected: 1 } }],
    ['a wrong read', { clients: { ...clients, wrong: 1 } }],
    ['a stale read', { clients: { ...clients, stale: 1 } }],
    [
      'a straggler’s write that is nowhere',
      { audit: { ...audit, straggler: { ...audit.straggler, unaccounted: 1 } } },
    ],
    ['a store that nobody read', { audit: null }],
    ['clients that never ran', { clients: null }],
  ])('is 1 for %s', (_, given) => {
    const report = buildReport(exampleFigures(given), MADE);
    expect(report.exitCode).toBe(1);
    expect(report.text).toContain('✗');
    expect(report.html).toContain('Something is wrong');
  });
});

test('the text names each zero with how it was checked', () => {
  const { text } = buildReport(exampleFigures(), MADE);
  expect(text).toMatch(/^ {2}✓ failed requests +0 {2}2,400 operations checked$/m);
  expect(text).toMatch(/^ {2}✓ lost writes +0 {2}2,400 keys compared at the end, 600 to the last byte$/m);
  expect(text).toMatch(/^ {2}Hold +3\.50 s$/m);
  expect(text).toMatch(/^ {4}called off +too slow$/m);
  expect(text).toMatch(/^ {2}Longest wait of a client +3\.40 s$/m);
  expect(text).toMatch(
    /^ {2}Straggler +1 writes to S3: 0 applied, 0 superseded by its own, 1 kept in quarantine as conflicts$/m,
  );
  expect(text).toMatch(/^ {2}Peak memory +sync worker 120 MiB \(the largest of 2\)$/m);
});

test('what is wrong is listed key by key', () => {
  const example = exampleFigures();
  if (example.audit === null) throw new Error('The example has an audit');
  const finding = { kind: 'lost', move: 'images', key: 'two\nlines', detail: 'there is nothing' } as const;
  const { text } = buildReport(
    exampleFigures({ audit: { ...example.audit, lost: 1, findings: [finding] } }),
    MADE,
  );
  expect(text).toContain('lost: "images/two\\nlines" (final store)\n      there is nothing');
});

test('a certificate of what changed since does not replace one of all objects', () => {
  const [scan, since] = exampleFigures().certificates;
  if (scan === undefined || since === undefined) throw new Error('The example has two certificates');
  expect(newestOfEach([scan, { ...since, id: '2' }, { ...since, id: '3' }]).map(({ id }) => id)).toEqual([
    '1',
    '3',
  ]);
  const { text, html } = buildReport(exampleFigures(), MADE);
  expect(text).toMatch(/^ {2}Certificate: base +images: 2,331 objects, 0 findings \(number 1\)$/m);
  expect(text).toMatch(/^ {2}Certificate: base +images: 40 that changed since, 0 findings \(number 2\)$/m);
  expect(html).toContain('<td>all objects</td><td class="n">2,331</td>');
  expect(html).toContain('<td>what changed since</td><td class="n">40</td>');
});

test('findings that are not listed are counted', () => {
  const { clients } = exampleFigures();
  if (clients === null) throw new Error('The example has clients');
  const finding = {
    at: at(1).toISOString(),
    kind: 'failed',
    operation: 'get',
    move: 'images',
    key: 'a',
    detail: '503',
  } as const;
  const { text, html } = buildReport(
    exampleFigures({
      clients: { ...clients, failed: 5000, findings: Array.from({ length: 20 }, () => finding) },
    }),
    MADE,
  );
  expect(text).toContain('    … and 4,980 more');
  expect(html).toContain('… and 4,980 more');
});

test('the page needs nothing from anywhere and escapes what users named', () => {
  const { html } = buildReport(exampleFigures(), MADE);
  expect(html).not.toMatch(/<(script|link|iframe|object)\b/);
  expect(html).not.toMatch(/(src|href)="(?!data:)/);
  expect(html).not.toMatch(/url\(|@import/);
  expect(html).toContain('a&lt;b&gt;&amp;&quot;c');
  expect(html).not.toContain('a<b>');
  expect(html).toContain('2,331 objects moved, and nobody noticed');
  expect(html).not.toMatch(/NaN|undefined|Infinity/);
});

test('a page of a move that has hardly begun is whole too', () => {
  const nothing = { maxSeconds: null, p99Seconds: null, series: [] };
  const { html, text } = buildReport(
    exampleFigures({
      series: [],
      lag: nothing,
      holds: [],
      copied: [],
      phases: [],
      pictures: [],
      certificates: [],
      memory: [],
    }),
    MADE,
  );
  expect(html + text).not.toMatch(/NaN|undefined|Infinity/);
  expect(html).toContain('objects, not turned yet');
});

test('the charts show a hold for as long as it lasted, and each phase with its name and length', () => {
  const { html } = buildReport(exampleFigures(), MADE);
  const charts = [...html.matchAll(/<svg [^]*?<\/svg>/g)].map(([svg]) => svg);
  const [phases = '', ...others] = charts;
  expect(others.length).toBe(3);
  for (const phase of ['prepare', 'copy', 'cutover', 'retain']) expect(phases).toContain(`>${phase}</text>`);
  expect(phases).toContain('<title>cutover: 6.00 s</title>');
  const copy = /width="([\d.]+)"[^>]*><title>copy: 28\.0 s/.exec(phases)?.[1];
  for (const chart of others) {
    const hold = /width="([\d.]+)"[^>]*><title>hold: 3\.50 s/.exec(chart)?.[1];
    // Bars are three pixels wider than their time, bands two.
    expect((Number(hold) - 2) / (Number(copy) - 3)).toBeCloseTo(3.5 / 28, 2);
  }
});

test('a run that goes on does not begin its phase a second time', () => {
  const iso = (second: number): string => at(second).toISOString();
  const phases = phasesOf([
    { at: iso(0), event: 'phase-start', phase: 'prepare' },
    { at: iso(9), event: 'phase-end', phase: 'prepare' },
    { at: iso(10), event: 'phase-start', phase: 'copy' },
    { at: iso(15), event: 'clock' },
    { at: iso(20), event: 'phase-start', phase: 'copy' },
    { at: iso(30), event: 'phase-end', phase: 'copy' },
  ]);
  expect(phases).toEqual([
    { phase: 'prepare', startedAt: at(0), endedAt: at(9) },
    { phase: 'copy', startedAt: at(10), endedAt: at(30) },
  ]);
});

test('a long series is thinned without losing a sample', () => {
  const series = Array.from({ length: 10_000 }, (_, index) => index);
  const groups = thin(series, 100, (sample) => sample);
  expect(groups.length).toBe(100);
  expect(groups.flat()).toEqual(series);
});

test('figures are written with units', () => {
  expect([bytes(999), bytes(1500), bytes(315_000_000), seconds(0.5), seconds(75.2), seconds(null)]).toEqual([
    '999 B',
    '1.5 kB',
    '315 MB',
    '0.50 s',
    '1 min 15 s',
    '–',
  ]);
  expect(zerosOf(exampleFigures()).map(({ value }) => value)).toEqual([0, 0, 0, 0, 0, 0]);
});
