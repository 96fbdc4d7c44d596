import { bytes, count, holdSeconds, mebibytes, seconds, zerosOf, type Figures } from './figures.ts';

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
    const { writes, applied, superseded, conflicts } = audit.straggler;
    rows.push([
      'Straggler',
      `${writes} writes to S3: ${applied} applied, ${superseded} superseded by its own, ${conflicts} kept aside as conflicts`,
    ]);
  }
  for (const { kind, move, findings, objects, id } of figures.certificates) {
    const what = objects === null ? '' : `${count(objects)} objects, `;
    rows.push([`Certificate: ${kind}`, `${move}: ${what}${findings} findings (number ${id})`]);
  }
  const memory = figures.memory.map(({ script, peakBytes }) => `${script} ${mebibytes(peakBytes)}`);
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

function findingLines({ clients, audit }: Figures): string[] {
  const all = [
    ...(clients?.findings ?? []).map(({ at, kind, operation, move, key, detail }) =>
      [`${kind}: ${operation} of ${JSON.stringify(`${move}/${key}`)} at ${at}`, detail].join('\n      '),
    ),
    ...(audit?.findings ?? []).map(({ kind, move, key, detail }) =>
      [`${kind}: ${JSON.stringify(`${move}/${key}`)} in the final store`, detail].join('\n      '),
    ),
  ];
  if (all.length === 0) return [];
  const more = all.length > SHOWN_FINDINGS ? [`    … and ${all.length - SHOWN_FINDINGS} more`] : [];
  return ['', '  What is wrong:', ...all.slice(0, SHOWN_FINDINGS).map((line) => `    ${line}`), ...more];
}
