import { isDeepStrictEqual } from 'node:util';
import { plain } from '../secrets.ts';
import type { PropertyChange, Wire } from './provider.ts';

type Step = string | number;
type Change = Omit<PropertyChange, 'replaces'>;

/** What differs between two sets of inputs, as deep as it can be told. The SDK's own marks (`__…`) do not count. */
export function changesBetween(olds: Wire, news: Wire): Change[] {
  const without = (inputs: Wire) =>
    Object.fromEntries(Object.entries(inputs).filter(([name]) => !name.startsWith('__')));
  return differences(plain(without(olds)), plain(without(news)), []);
}

function differences(before: unknown, after: unknown, path: Step[]): Change[] {
  if (isDeepStrictEqual(before, after) || sameJson(before, after)) {
    return [];
  }
  if (Array.isArray(before) && Array.isArray(after)) {
    const length = Math.max(before.length, after.length);
    return Array.from({ length }).flatMap((_, index) =>
      differences(before[index], after[index], [...path, index]),
    );
  }
  if (isMap(before) && isMap(after)) {
    return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((name) =>
      differences(before[name], after[name], [...path, name]),
    );
  }
  const kind = before === undefined ? 'add' : after === undefined ? 'delete' : 'update';
  return [{ path: pathText(path), kind }];
}

/** Policies and other documents are compared by what they say, as the real provider does. */
function sameJson(before: unknown, after: unknown): boolean {
  if (typeof before !== 'string' || typeof after !== 'string' || !before.trimStart().startsWith('{')) {
    return false;
  }
  try {
    return isDeepStrictEqual(JSON.parse(before), JSON.parse(after));
  } catch {
    return false;
  }
}

function isMap(value: unknown): value is Wire {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** As the engine writes paths: `a.b[0]["c.d"]`. */
export function pathText(path: readonly Step[]): string {
  return path
    .map((step, index) => {
      if (typeof step === 'number') return `[${step}]`;
      if (!/^[\w$]+$/.test(step)) return `[${JSON.stringify(step)}]`;
      return index === 0 ? step : `.${step}`;
    })
    .join('');
}

/** The same without indexes: `a.b.c`, for tables that say what a change of a property does. */
export function withoutIndexes(path: string): string {
  return path.replaceAll(/\[\d+\]/g, '').replaceAll(/\["([^"]*)"\]/g, '.$1');
}

/** Whether a changed path is one of those listed, or lies in one of them. */
export function isListed(path: string, listed: readonly string[]): boolean {
  const name = withoutIndexes(path);
  return listed.some((one) => name === one || name.startsWith(`${one}.`) || one.startsWith(`${name}.`));
}
