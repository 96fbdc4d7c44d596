import * as Plot from '@observablehq/plot';
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
import { thin } from './thin.ts';

/** A chart as Observable Plot takes it: `drawing.ts` makes SVG text of it, a browser draws it in place. */
export type Chart = Plot.PlotOptions;

/** The time that all charts show, in milliseconds since 1970. */
export type TimeAxis = { from: number; to: number };

const POINTS = 260;

/** From the first phase to the last thing that was seen. */
export function axisOf({ phases, series, lag, copied }: Figures): TimeAxis {
  const times = [
    ...phases.flatMap(({ startedAt, endedAt }) => [startedAt, endedAt ?? startedAt]),
    ...series.map(({ at }) => new Date(at)),
    ...lag.series.map(({ at }) => at),
  ].map(Number);
  if (times.length === 0) times.push(...copied.map(({ at }) => Number(at)), 0);
  const from = times.reduce((a, b) => Math.min(a, b));
  const to = times.reduce((a, b) => Math.max(a, b));
  return { from, to: Math.max(to, from + 1000) };
}

type Bar = { name: string; from: Date; to: Date; label: string; color: string; dashed: boolean };

const PHASE_COLORS: Record<string, string> = { prepare: 's3', copy: 's3' };

/** A row for each phase and each hold, so that none hides another, however short it was. */
export function timelineChart(axis: TimeAxis, phases: PhaseFigure[], holds: HoldFigure[]): Chart {
  const bars: Bar[] = [
    ...phases.map(({ phase, startedAt, endedAt }) => ({
      name: phase,
      from: startedAt,
      to: endedAt ?? new Date(axis.to),
      label: endedAt === null ? 'not ended' : seconds((endedAt.getTime() - startedAt.getTime()) / 1000),
      color: `var(--${PHASE_COLORS[phase] ?? 'ceph'})`,
      dashed: false,
    })),
    ...holds.map((hold) => ({
      name: hold.state === 'called-off' ? 'hold, called off' : 'hold',
      from: hold.startedAt,
      to: endOf(hold),
      label: seconds(holdSeconds(hold)),
      color: 'var(--hold)',
      dashed: hold.state === 'called-off',
    })),
  ];
  const row = (bar: Bar): number => bars.indexOf(bar);
  const place = {
    x1: ({ from }: Bar) => since(axis, from),
    x2: ({ to }: Bar) => since(axis, to),
    y: row,
    // What lasted only an instant is still seen.
    insetRight: -3,
    rx: 4,
    title: ({ name, label }: Bar) => `${name}: ${label}`,
  };
  return {
    ...frame(axis, 'Phases over time', bars.length * 30, { grid: true }),
    y: {
      type: 'band',
      domain: bars.map(row),
      padding: 0.35,
      tickSize: 0,
      tickFormat: (number: number) => bars[number]?.name ?? '',
    },
    marks: [
      Plot.barX(bars, { ...place, filter: (bar: Bar) => !bar.dashed, fill: 'color' }),
      Plot.barX(bars, {
        ...place,
        filter: (bar: Bar) => bar.dashed,
        fill: 'none',
        stroke: 'color',
        strokeDasharray: '3 3',
      }),
      Plot.text(bars, { x: place.x2, y: row, text: 'label', textAnchor: 'start', dx: 11 }),
    ],
  };
}

/** The stores that answer clients, from the bottom of the chart to its top, and their colours. */
export const STORES = [
  { of: 'ceph', name: 'Ceph', color: 'var(--ceph)' },
  { of: 's3', name: 'S3', color: 'var(--s3)' },
  { of: 'cache', name: 'cache tier', color: 'var(--cache)' },
] as const;

/** Clients' operations a second, stacked by the store that answered. */
export function operationsChart(axis: TimeAxis, series: FleetSample[], holds: HoldFigure[]): Chart {
  const points = thin(series, POINTS, ({ at }) => Date.parse(at)).flatMap((group) =>
    STORES.map(({ of, name }) => ({
      at: since(axis, Date.parse(group.at(-1)?.at ?? '')),
      store: name,
      operations: group.reduce((sum, sample) => sum + sample[of], 0) / group.length,
    })),
  );
  return {
    ...frame(axis, 'Operations a second', 190),
    y: levels(
      '',
      series.map(({ s3, ceph, cache }) => s3 + ceph + cache),
    ),
    color: { domain: STORES.map(({ name }) => name), range: STORES.map(({ color }) => color) },
    marks: [
      Plot.areaY(points, {
        x: 'at',
        y: 'operations',
        fill: 'store',
        order: STORES.map(({ name }) => name),
        title: 'store',
      }),
      holdBands(axis, holds),
    ],
  };
}

/** How far replay was behind, in seconds. */
export function lagChart(axis: TimeAxis, series: LagSample[], holds: HoldFigure[]): Chart {
  const points = thin(series, POINTS, ({ at }) => Number(at)).map((group) => ({
    at: since(axis, group.at(-1)?.at ?? axis.from),
    // The worst of a stretch, not its mean: a lag that is averaged away is hidden.
    value: Math.max(...group.map((sample) => sample.seconds)),
  }));
  return {
    ...frame(axis, 'Lag of replay in seconds', 120),
    y: levels(
      ' s',
      points.map(({ value }) => value),
    ),
    marks: [...area(points, 'var(--lag)'), holdBands(axis, holds)],
  };
}

/** How many objects are on Ceph. */
export function copiedChart(axis: TimeAxis, copied: Figures['copied'], holds: HoldFigure[]): Chart {
  const points = copied.map(({ at, objects }) => ({ at: since(axis, at), value: objects }));
  const [first, last] = [points[0], points.at(-1)];
  if (first !== undefined) {
    points.unshift({ at: since(axis, axis.from), value: 0 }, { at: first.at, value: 0 });
  }
  if (last !== undefined) points.push({ at: since(axis, axis.to), value: last.value });
  return {
    ...frame(axis, 'Objects on Ceph', 120),
    y: levels(
      '',
      points.map(({ value }) => value),
    ),
    marks: [...area(points, 'var(--ceph)'), holdBands(axis, holds)],
  };
}

/** What all charts share: they lie one below the other, with one axis of time. */
function frame(axis: TimeAxis, title: string, height: number, time: Plot.ScaleOptions = {}): Chart {
  const margins = { marginTop: 10, marginBottom: 28, marginLeft: 120, marginRight: 96 };
  return {
    ...margins,
    width: 1120,
    height: height + margins.marginTop + margins.marginBottom,
    ariaLabel: title,
    opacity: { type: 'identity' },
    x: {
      type: 'utc',
      domain: [new Date(0), since(axis, axis.to)],
      clamp: true,
      ticks: 8,
      tickSize: 0,
      tickFormat: (at: Date) => clock(at.getTime() / 1000),
      label: null,
      ...time,
    },
  };
}

/** From zero to a round number not below any value. */
function levels(unit: string, values: number[]): Plot.ScaleOptions {
  return {
    domain: [0, values.reduce((a, b) => Math.max(a, b), 0.1)],
    nice: 4,
    ticks: 4,
    grid: true,
    tickSize: 0,
    tickFormat: (value: number) => `${value < 1000 ? String(value) : count(value)}${unit}`,
    label: null,
  };
}

function area(points: { at: Date; value: number }[], color: string): Plot.Markish[] {
  return [
    Plot.areaY(points, { x: 'at', y: 'value', fill: color, fillOpacity: 0.16 }),
    Plot.lineY(points, { x: 'at', y: 'value', stroke: color, strokeWidth: 2 }),
  ];
}

/** The time in which writes waited; paler where the hold was called off. */
function holdBands(axis: TimeAxis, holds: HoldFigure[]): Plot.Markish {
  return Plot.rectX(holds, {
    x1: ({ startedAt }: HoldFigure) => since(axis, startedAt),
    x2: (hold: HoldFigure) => since(axis, endOf(hold)),
    insetRight: -2,
    fill: 'var(--hold)',
    fillOpacity: ({ state }: HoldFigure) => (state === 'called-off' ? 0.1 : 0.28),
    title: (hold: HoldFigure) => `hold: ${seconds(holdSeconds(hold))}`,
  });
}

function endOf({ startedAt, turnedAt, endedAt }: HoldFigure): Date {
  return endedAt ?? turnedAt ?? startedAt;
}

/** Time as the axis counts it: from its beginning. */
function since(axis: TimeAxis, at: Date | number): Date {
  return new Date(Number(at) - axis.from);
}

function clock(second: number): string {
  const [hours, minutes] = [Math.floor(second / 3600), Math.floor((second % 3600) / 60)];
  if (hours > 0) return `${hours}:${String(minutes).padStart(2, '0')} h`;
  return `${minutes}:${String(second % 60).padStart(2, '0')}`;
}
