import { plot } from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import type { Chart } from './charts.ts';

/** Our types know no browser: this much of its elements is used here. */
type Element = { outerHTML: string; setAttribute: (name: string, value: string) => void };
const { document } = parseHTML('<html><body></body></html>') as { document: unknown };
const draw = plot as (options: object) => Element;

/** A chart as SVG text: a page that holds it needs no script. */
export function drawing(chart: Chart): string {
  const svg = draw({ ...chart, document, className: 'plot' });
  svg.setAttribute('role', 'img');
  // A hundredth of a pixel is fine enough, and makes the text a third as long.
  return svg.outerHTML.replaceAll(/(\d\.\d\d)\d+/g, '$1');
}
