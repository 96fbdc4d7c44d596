import { isDeepStrictEqual } from 'node:util';
import { isMap, plain, withoutMarks, type Wire } from './wire.ts';

export type Path = readonly (string | number)[];

export type PropertyChange = {
  /** For example `tags.Name` or `ingress[0].cidrBlocks`. */
  path: string;
  kind: 'add' | 'delete' | 'update';
};

/** What differs between two sets of inputs, as deep as it can be told. */
export function changesBetween(olds: Wire, news: Wire): PropertyChange[] {
  return differences(plain(withoutMarks(olds)), plain(withoutMarks(news)), []);
}

function differences(before: unknown, after: unknown, path: Path): PropertyChange[] {
  if (isDeepStrictEqual(before, after) || sameJson(before, after)) return [];
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

/** As the engine writes paths: `a.b[0]["c.d"]`. */
export function pathText(path: Path): string {
  return path
    .map((step, index) => {
      if (typeof step === 'number') return `[${step}]`;
      if (!/^[\w$]+$/.test(step)) return `[${JSON.stringify(step)}]`;
      return index === 0 ? step : `.${step}`;
    })
    .join('');
}

/** The input that a path lies in. */
export function inputOf(path: string): string {
  return path.split(/[.[]/, 1)[0] ?? '';
}

/** Whether a changed path is one of those listed (`a.b.c`, without indexes), or one lies in the other. */
export function isListed(path: string, listed: readonly string[]): boolean {
  const name = path.replaceAll(/\[\d+\]/g, '').replaceAll(/\["([^"]*)"\]/g, '.$1');
  return listed.some((one) => name === one || name.startsWith(`${one}.`) || one.startsWith(`${name}.`));
}
