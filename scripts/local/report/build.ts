import { exitCodeOf, type Figures } from './figures.ts';
import { reportPage } from './page.ts';
import { reportText } from './text.ts';

export type Report = { text: string; html: string; exitCode: 0 | 1 };

/** The whole report from what was collected. Pure; `made` is printed on the page. */
export function buildReport(figures: Figures, made: Date): Report {
  return { text: reportText(figures), html: reportPage(figures, made), exitCode: exitCodeOf(figures) };
}
