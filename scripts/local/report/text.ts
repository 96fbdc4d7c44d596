import {
  bytes,
  count,
  findingsOf,
  holdSeconds,
  mebibytes,
  seconds,
  zerosOf,
  type Figures,
} from './figures.ts';

/** The report for a terminal. */
export function reportText(figures: Figures): string {
  const { operations, lag, clients, audit } = figures;
  const outcomes = Object.entries(operations.outcomes).map(([outcome, many]) => `${count(many)} ${outcome}`);
  const turned = figures.holds.filter(({ state }) => state === 'turned' || state === 'done');
  const calledOff = figures.holds.filter(({ state }) => state === 'called-off');
  const rows: [string, string][] = [
    ['Objects', `${count(figures.objects)}, ${bytes(figures.bytes)}`],
    [
      'Operations captured',
      `${count(operations.captured)}${operations.open > 0 ? `, ${count(operations.open)} open` : ''}`,
    ],
    ['Operations replayed', outcomes.length === 0 ? 'none' : outcomes.join(', ')],
    ['Replay lag', `at most ${seconds(lag.maxSeconds)}, 99 % under ${seconds(lag.p99Seconds)}`],
    ['Hold', turned.map((hold) => seconds(holdSeconds(hold))).join(', ') || 'none yet'],
    ...calledOff.map((hold): [string, string] => ['  called off', hold.reason ?? 'no reason recorded']),
    ['Longest wait of a client', clients === null ? '–' : seconds(clients.longestHoldSeconds)],
    [
      'Clients',
      clients === null
        ? 'none'
        : `${count(clients.operations)} operations, ${count(clients.retries)} retries`,
    ],
  ];
  if (audit !== null) {
    const { writes, applied, superseded, conflicts, unaccounted } = audit.straggler;
    rows.push([
      'Straggler',
      `${writes} writes to S3: ${applied} applied, ${superseded} superseded by its own, ${conflicts} kept in quarantine as conflicts` +
        (unaccounted > 0 ? `, ${unaccounted} unaccounted for` : ''),
    ]);
  }
  for (const { kind, move, findings, objects, changedOnly, id } of figures.certificates) {
    const what =
      objects === null ? '' : `${count(objects)} ${changedOnly ? 'that changed since' : 'objects'}, `;
    rows.push([`Certificate: ${kind}`, `${move}: ${what}${findings} findings (number ${id})`]);
  }
  const memory = figures.memory.map(
    ({ script, processes, peakBytes }) =>
      `${script} ${mebibytes(peakBytes)}${processes > 1 ? ` (the largest of ${processes})` : ''}`,
  );
  rows.push(['Peak memory', memory.join(', ') || '–']);
  for (const { phase, startedAt, endedAt } of figures.phases) {
    const took = endedAt === null ? null : (endedAt.getTime() - startedAt.getTime()) / 1000;
    rows.push([`Phase ${phase}`, took === null ? 'not ended' : seconds(took)]);
  }
  const width = Math.max(...rows.map(([name]) => name.length));
  const addressWidth = Math.max(width, ...figures.addresses.map(({ name }) => name.length));
  const zeros = zerosOf(figures);
  const nameWidth = Math.max(...zeros.map(({ name }) => name.length));
  const zeroLines = zeros.map(({ name, value, checked }) => {
    const sign = value === 0 ? '✓' : '✗';
    return `  ${sign} ${name.padEnd(nameWidth)}  ${(value === null ? '?' : count(value)).padStart(4)}  ${checked}`;
  });
  return [
    ...rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`),
    '',
    ...zeroLines,
    ...findingLines(figures),
    '',
    ...figures.addresses.map(({ name, url }) => `  ${name.padEnd(addressWidth)}  ${url}`),
    '',
  ].join('\n');
}

const SHOWN_FINDINGS = 20;

function findingLines(figures: Figures): string[] {
  const { listed, total } = findingsOf(figures, SHOWN_FINDINGS);
  if (total === 0) return [];
  const lines = listed.map(
    ({ kind, seenBy, name, detail }) => `    ${kind}: ${JSON.stringify(name)} (${seenBy})\n      ${detail}`,
  );
  const more = total > listed.length ? [`    … and ${count(total - listed.length)} more`] : [];
  return ['', '  What is wrong:', ...lines, ...more];
}
