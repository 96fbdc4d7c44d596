/** Maps times to horizontal positions; all charts of a page share one. */
export type TimeAxis = { from: number; to: number; left: number; right: number };

export function x(axis: TimeAxis, at: Date | number): number {
  const share = (Number(at) - axis.from) / Math.max(axis.to - axis.from, 1);
  return round(axis.left + Math.min(Math.max(share, 0), 1) * (axis.right - axis.left));
}

/** Steps of time that people read easily, in seconds. */
const STEPS = [5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400];

/** Between four and nine ticks from the beginning, with their labels: `0:30`, `2:00`. */
export function timeTicks(axis: TimeAxis): { at: number; label: string }[] {
  const length = (axis.to - axis.from) / 1000;
  const step = STEPS.find((candidate) => length / candidate <= 8) ?? Math.ceil(length / 8 / 86400) * 86400;
  const ticks: { at: number; label: string }[] = [];
  for (let second = 0; second <= length; second += step) {
    ticks.push({ at: axis.from + second * 1000, label: clock(second) });
  }
  return ticks;
}

function clock(second: number): string {
  const [hours, minutes] = [Math.floor(second / 3600), Math.floor((second % 3600) / 60)];
  if (hours > 0) return `${hours}:${String(minutes).padStart(2, '0')} h`;
  return `${minutes}:${String(second % 60).padStart(2, '0')}`;
}

/** A round number not below `value`, and the step of its ticks: three or four of them. */
export function niceScale(value: number): { top: number; ticks: number[] } {
  if (!(value > 0)) return { top: 1, ticks: [0, 1] };
  const magnitude = 10 ** Math.floor(Math.log10(value / 3));
  const step =
    [1, 2, 2.5, 5, 10].map((factor) => factor * magnitude).find((candidate) => candidate * 4 >= value) ??
    value;
  const steps = Math.ceil(value / step);
  return {
    top: steps * step,
    ticks: Array.from({ length: steps + 1 }, (_, index) => round(index * step, 6)),
  };
}

export function round(value: number, digits = 1): number {
  return Number(value.toFixed(digits));
}

/** Text as it may stand between tags and in attributes. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

/** Averages a series into at most `most` equal stretches of time; stretches without a sample are left out. */
export function thin<T>(series: readonly T[], most: number, at: (sample: T) => number): T[][] {
  const [first] = series;
  const last = series.at(-1);
  if (first === undefined || last === undefined) return [];
  const [from, to] = [at(first), at(last)];
  const stretch = Math.max((to - from) / most, 1);
  const groups = Map.groupBy(series, (sample) =>
    Math.min(Math.floor((at(sample) - from) / stretch), most - 1),
  );
  return [...groups.entries()].sort(([a], [b]) => a - b).map(([, group]) => group);
}
