/** Groups a series into at most `most` equal stretches of time; stretches without a sample are left out. */
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
