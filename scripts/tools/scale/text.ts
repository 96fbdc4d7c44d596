/** With three digits that mean something: nobody knows more. */
export function count(number: number): string {
  return Number(number.toPrecision(3)).toLocaleString('en-US', { maximumFractionDigits: 0 });
}

/** In the unit that people think in. */
export function time(seconds: number): string {
  if (seconds < 90 * 60) return `${Math.max(1, Math.round(seconds / 60))} min`;
  const hours = seconds / 3600;
  return hours < 72 ? `${Math.round(hours)} h` : `${Math.round(hours / 24)} days`;
}

/** A Markdown table. */
export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n');
}
