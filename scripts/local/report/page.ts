import {
  axisOf,
  copiedChart,
  lagChart,
  operationsChart,
  STORES,
  timelineChart,
  type Chart,
} from './charts.ts';
import { drawing } from './drawing.ts';
import { bytes, count, exitCodeOf, holdSeconds, seconds, zerosOf, type Figures } from './figures.ts';
import { escapeHtml } from './html.ts';
import { STYLE } from './style.ts';
import { tables } from './tables.ts';

/** The report as one page that needs nothing else: no script, no request to anywhere. */
export function reportPage(figures: Figures, made: Date): string {
  const axis = axisOf(figures);
  const { phases, holds, series, lag, copied } = figures;
  const charts = [
    chart('Phases', 'minutes:seconds since the first one began', timelineChart(axis, phases, holds)),
    ...(series.length > 1
      ? [
          chart(
            'Clients’ operations a second',
            keys([...STORES, { name: 'hold', color: 'var(--hold)' }]),
            operationsChart(axis, series, holds),
          ),
        ]
      : []),
    ...(lag.series.length > 1
      ? [
          chart(
            'Lag of replay',
            'how long the oldest operation on S3 had been waiting',
            lagChart(axis, lag.series, holds),
          ),
        ]
      : []),
    ...(copied.length > 1
      ? [
          chart(
            'Objects on Ceph',
            'by the time at which they were last written there',
            copiedChart(axis, copied, holds),
          ),
        ]
      : []),
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="npm run local: written at the end of a run; changes are lost">
<title>${escapeHtml(headline(figures))}</title>
<style>${STYLE}</style>
</head>
<body><main>
<header>
<p class="eyebrow">From S3 to Ceph · phase ${escapeHtml(figures.phase)}</p>
<h1>${escapeHtml(headline(figures))}</h1>
<p class="lead">${lead(figures)}</p>
</header>
<section class="zeros" aria-label="What must be zero">${zerosOf(figures).map(zeroCard).join('')}</section>
<section class="facts" aria-label="Figures">${facts(figures)}</section>
${pictures(figures)}
<h2>The move in time</h2>
<section class="card">${charts.join('')}</section>
<h2>In detail</h2>
<section class="columns">${tables(figures)}</section>
<footer>Written ${made.toISOString().slice(0, 19).replace('T', ' ')} UTC by <code>npm run local</code>.</footer>
</main></body>
</html>
`;
}

function headline(figures: Figures): string {
  if (exitCodeOf(figures) !== 0) return 'Something is wrong';
  const turned = figures.holds.some(
    ({ state, direction }) => direction === 'to-target' && (state === 'turned' || state === 'done'),
  );
  return turned
    ? `${count(figures.objects)} objects moved, and nobody noticed`
    : `${count(figures.objects)} objects, not turned yet`;
}

function lead({ clients, holds, bytes: size, phases }: Figures): string {
  const sentences = [`${bytes(size)} of photographs and food metadata`];
  const ended = phases.at(-1)?.endedAt;
  const [first] = phases;
  if (first !== undefined && ended !== undefined && ended !== null) {
    sentences[0] += ` went through ${phases.length} ${phases.length === 1 ? 'phase' : 'phases'} in ${seconds((ended.getTime() - first.startedAt.getTime()) / 1000)}`;
  }
  if (clients !== null) {
    sentences.push(
      `clients made <b>${count(clients.operations)} operations</b> meanwhile and checked every answer`,
    );
  }
  const turned = holds.findLast(({ state }) => state !== 'called-off');
  if (turned !== undefined && clients !== null) {
    sentences.push(
      `to turn, writes were held for ${seconds(holdSeconds(turned))}, and <b>no client waited longer than ${seconds(clients.longestHoldSeconds)}</b>`,
    );
  }
  return `${sentences.join('; ')}.`;
}

function zeroCard({ name, value, checked }: ReturnType<typeof zerosOf>[number]): string {
  const shown = value === null ? 'not checked' : count(value);
  return `<div class="card zero${value === 0 ? '' : ' bad'}"><span class="sign">${value === 0 ? '✓' : '!'}</span><div class="number">${shown}</div><div class="name">${escapeHtml(name)}</div><div class="checked">${escapeHtml(checked)}</div></div>`;
}

function facts({ operations, lag, holds, clients }: Figures): string {
  const turned = holds.findLast(({ state }) => state === 'done' || state === 'turned');
  const replayed = Object.values(operations.outcomes).reduce((sum, many) => sum + many, 0);
  return [
    [seconds(turned === undefined ? null : holdSeconds(turned)), 'the hold'],
    [seconds(clients?.longestHoldSeconds ?? null), 'longest wait of a client'],
    [`${count(operations.captured)} / ${count(replayed)}`, 'operations captured / handled'],
    [`${seconds(lag.p99Seconds)} / ${seconds(lag.maxSeconds)}`, 'lag of replay, 99 % / longest'],
  ]
    .map(
      ([number, name]) =>
        `<div class="card fact"><div class="number">${number}</div><div class="name">${name}</div></div>`,
    )
    .join('');
}

function pictures({ pictures: all }: Figures): string {
  if (all.length === 0) return '';
  const figures = all.map(({ key, dataUri }) => {
    const name = escapeHtml(key.split('/').at(-1) ?? key);
    return `<figure><img src="${escapeHtml(dataUri)}" alt="${name}" title="${escapeHtml(key)}"><figcaption>${name}</figcaption></figure>`;
  });
  return `<h2>As the clients see them now</h2><section class="strip">${figures.join('')}</section>`;
}

function chart(name: string, note: string, drawn: Chart): string {
  return `<div class="chart"><div class="chart-head"><h3>${name}</h3><p>${note}</p></div><div class="scroll">${drawing(drawn)}</div></div>`;
}

function keys(entries: { name: string; color: string }[]): string {
  return entries
    .map(({ name, color }) => `<span class="key"><i style="background:${color}"></i>${name}</span>`)
    .join('');
}
