import type { FleetSample } from '../clients/statistics.ts';
import {
  count,
  holdSeconds,
  seconds,
  type Figures,
  type HoldFigure,
  type LagSample,
  type PhaseFigure,
} from './figures.ts';
import { escapeHtml, niceScale, round, thin, timeTicks, x, type TimeAxis } from './scale.ts';

const WIDTH = 1120;
const LEFT = 120;
const RIGHT = WIDTH - 16;
const POINTS = 260;

/** The time that all charts show: from the first phase to the last thing that was seen. */
export function axisOf({ phases, series, lag, copied }: Figures): TimeAxis {
  const times = [
    ...phases.flatMap(({ startedAt, endedAt }) => [startedAt, endedAt ?? startedAt]),
    ...series.map(({ at }) => new Date(at)),
    ...lag.series.map(({ at }) => at),
  ].map(Number);
  if (times.length === 0) times.push(...copied.map(({ at }) => Number(at)), 0);
  const from = times.reduce((a, b) => Math.min(a, b));
  return {
    from,
    to: Math.max(
      times.reduce((a, b) => Math.max(a, b)),
      from + 1000,
    ),
    left: LEFT,
    right: RIGHT,
  };
}

/** One row a phase, one for the holds: nothing can overlap, however short a phase was. */
export function timelineChart(axis: TimeAxis, phases: PhaseFigure[], holds: HoldFigure[]): string {
  const row = 30;
  const rows = [
    ...phases.map(({ phase, startedAt, endedAt }) => ({
      name: phase,
      bars: [
        {
          from: startedAt,
          to: endedAt ?? new Date(axis.to),
          kind: `phase-${phase}`,
          label: tookOf(startedAt, endedAt),
        },
      ],
    })),
    // One row each: a hold is begun again soon after it was called off.
    ...holds.map((hold) => ({
      name: hold.state === 'called-off' ? 'hold, called off' : 'hold',
      bars: [
        {
          from: hold.startedAt,
          to: hold.endedAt ?? hold.turnedAt ?? hold.startedAt,
          kind: hold.state === 'called-off' ? 'called-off' : 'hold-bar',
          label: seconds(holdSeconds(hold)),
        },
      ],
    })),
  ];
  const bottom = rows.length * row + 6;
  const drawn = rows.map(({ name, bars }, index) => {
    const y = index * row + 6;
    const inside = bars.map(({ from, to, kind, label }) => {
      const left = x(axis, from);
      const width = round(Math.max(x(axis, to) - left, 4));
      const after = left + width + 8;
      // A label that would leave the chart stands before its bar.
      const text =
        after + label.length * 7.5 > RIGHT
          ? left - LEFT > label.length * 7.5 + 8
            ? `<text class="value" x="${round(left - 8)}" y="${y + 14}" text-anchor="end">${label}</text>`
            : `<text class="value inside" x="${round(left + width - 8)}" y="${y + 14}" text-anchor="end">${label}</text>`
          : `<text class="value" x="${round(after)}" y="${y + 14}">${label}</text>`;
      return `<rect class="bar ${kind}" x="${left}" y="${y}" width="${width}" height="19" rx="4"><title>${name}: ${label}</title></rect>${text}`;
    });
    return `<text class="row" x="${LEFT - 14}" y="${y + 14}" text-anchor="end">${escapeHtml(name)}</text>${inside.join('')}`;
  });
  return svg(
    bottom + 28,
    'Phases over time',
    gridLines(axis, 0, bottom) + drawn.join('') + timeLabels(axis, bottom + 20),
  );
}

type Layer = { name: string; kind: string; value: (group: FleetSample[]) => number };

const STORES: Layer[] = [
  { name: 'Ceph', kind: 'ceph', value: (group) => mean(group, (sample) => sample.ceph) },
  { name: 'S3', kind: 's3', value: (group) => mean(group, (sample) => sample.s3) },
  { name: 'cache tier', kind: 'cache', value: (group) => mean(group, (sample) => sample.cache) },
];

/** Clients' operations a second, stacked by the store that answered. */
export function operationsChart(axis: TimeAxis, series: FleetSample[], holds: HoldFigure[]): string {
  const groups = thin(series, POINTS, ({ at }) => Date.parse(at));
  const points = groups.map((group) => ({
    at: Date.parse(group.at(-1)?.at ?? ''),
    values: STORES.map(({ value }) => value(group)),
  }));
  const totals = points.map(({ values }) => values.reduce((sum, value) => sum + value, 0));
  return plot(
    axis,
    { height: 190, most: Math.max(...totals, 1), holds, unit: '', title: 'Operations a second' },
    (y) =>
      STORES.map(({ name, kind }, layer) => {
        const upTo = (values: number[], end: number): number =>
          values.slice(0, end).reduce((sum, value) => sum + value, 0);
        const top = points.map(({ at, values }) => `${x(axis, at)},${y(upTo(values, layer + 1))}`);
        const base = points.map(({ at, values }) => `${x(axis, at)},${y(upTo(values, layer))}`).reverse();
        return `<polygon class="area ${kind}" points="${[...top, ...base].join(' ')}"><title>${name}</title></polygon>`;
      }).join(''),
  );
}

/** How far replay was behind, in seconds. */
export function lagChart(axis: TimeAxis, series: LagSample[], holds: HoldFigure[]): string {
  const points = thin(series, POINTS, ({ at }) => Number(at)).map((group) => ({
    at: Number(group.at(-1)?.at),
    // The worst of a stretch, not its mean: a lag that is averaged away is hidden.
    value: Math.max(...group.map((sample) => sample.seconds)),
  }));
  const most = Math.max(...points.map(({ value }) => value), 0.1);
  return plot(axis, { height: 120, most, holds, unit: ' s', title: 'Lag of replay in seconds' }, (y) =>
    area(axis, points, y, 'lag'),
  );
}

/** How many objects stand on Ceph. */
export function copiedChart(axis: TimeAxis, copied: Figures['copied'], holds: HoldFigure[]): string {
  const points = copied.map(({ at, objects }) => ({ at: Number(at), value: objects }));
  const last = points.at(-1);
  const [first] = points;
  if (first !== undefined && first.at > axis.from)
    points.unshift({ at: axis.from, value: 0 }, { at: first.at, value: 0 });
  if (last !== undefined) points.push({ at: axis.to, value: last.value });
  const most = Math.max(...points.map(({ value }) => value), 1);
  return plot(axis, { height: 120, most, holds, unit: '', title: 'Objects on Ceph' }, (y) =>
    area(axis, points, y, 'ceph'),
  );
}

type PlotOptions = { height: number; most: number; holds: HoldFigure[]; unit: string; title: string };

function plot(axis: TimeAxis, options: PlotOptions, draw: (y: (value: number) => number) => string): string {
  const { height, most, holds, unit, title } = options;
  const top = 10;
  const bottom = top + height;
  const scale = niceScale(most);
  const y = (value: number): number => round(bottom - (Math.min(value, scale.top) / scale.top) * height);
  const levels = scale.ticks.map(
    (tick) =>
      `<line class="grid" x1="${LEFT}" x2="${RIGHT}" y1="${y(tick)}" y2="${y(tick)}"/>` +
      `<text class="tick" x="${LEFT - 14}" y="${y(tick) + 4}" text-anchor="end">${level(tick)}${unit}</text>`,
  );
  const bands = holds.map((hold) => {
    const left = x(axis, hold.startedAt);
    const width = round(Math.max(x(axis, hold.endedAt ?? hold.turnedAt ?? hold.startedAt) - left, 2));
    return `<rect class="band${hold.state === 'called-off' ? ' faint' : ''}" x="${left}" y="${top}" width="${width}" height="${height}"><title>hold: ${seconds(holdSeconds(hold))}</title></rect>`;
  });
  return svg(bottom + 30, title, levels.join('') + draw(y) + bands.join('') + timeLabels(axis, bottom + 21));
}

function area(
  axis: TimeAxis,
  points: { at: number; value: number }[],
  y: (value: number) => number,
  kind: string,
): string {
  const [first] = points;
  const last = points.at(-1);
  if (first === undefined || last === undefined) return '';
  const line = points.map(({ at, value }) => `${x(axis, at)},${y(value)}`).join(' ');
  return (
    `<polygon class="area soft ${kind}" points="${x(axis, first.at)},${y(0)} ${line} ${x(axis, last.at)},${y(0)}"/>` +
    `<polyline class="line ${kind}" points="${line}"/>`
  );
}

function gridLines(axis: TimeAxis, top: number, bottom: number): string {
  return timeTicks(axis)
    .map(
      ({ at }) => `<line class="grid" x1="${x(axis, at)}" x2="${x(axis, at)}" y1="${top}" y2="${bottom}"/>`,
    )
    .join('');
}

function timeLabels(axis: TimeAxis, y: number): string {
  return timeTicks(axis)
    .map(
      ({ at, label }) =>
        `<text class="tick" x="${x(axis, at)}" y="${y}" text-anchor="middle">${label}</text>`,
    )
    .join('');
}

function svg(height: number, title: string, inside: string): string {
  return `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escapeHtml(title)}">${inside}</svg>`;
}

function tookOf(startedAt: Date, endedAt: Date | null): string {
  return endedAt === null ? 'not ended' : seconds((endedAt.getTime() - startedAt.getTime()) / 1000);
}

function level(tick: number): string {
  return tick >= 1000 ? count(tick) : String(tick);
}

function mean(group: FleetSample[], value: (sample: FleetSample) => number): number {
  return group.reduce((sum, sample) => sum + value(sample), 0) / group.length;
}
