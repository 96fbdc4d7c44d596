import { isDeepStrictEqual } from 'node:util';

/**
 * A bucket's policy as text. Statements are cut out and put in as text, and all other text stays as
 * it is, so that a customer's policy is the same to the byte after ours came and went.
 */

export type PolicyStatement = { Sid: string; [member: string]: unknown };
export type Policy = { Version?: string; Statement: (Record<string, unknown> & { Sid?: string })[] };

type Span = { start: number; end: number };

/** Parses a policy; AWS allows one statement without the brackets. */
export function parsePolicy(text: string): Policy {
  const policy = JSON.parse(text) as Policy;
  return { ...policy, Statement: [policy.Statement].flat() };
}

/** The policy with ours put in place of the statements of the same Sid, or at the end. */
export function mergeStatements(text: string | null, ours: readonly PolicyStatement[]): string {
  const cleared = withoutStatements(
    text,
    ours.map(({ Sid }) => Sid),
  );
  const added = ours.map((statement) => JSON.stringify(statement)).join(',');
  if (cleared === null) return `{"Version":"2012-10-17","Statement":[${added}]}`;
  const { value, statements, bracketed } = cut(cleared);
  const last = statements.at(-1);
  if (last === undefined) return splice(cleared, { start: value.start + 1, end: value.start + 1 }, added);
  const merged = splice(cleared, { start: last.end, end: last.end }, `,${added}`);
  if (bracketed) return merged;
  const end = value.end + added.length + 1;
  return splice(merged, { start: value.start, end }, `[${merged.slice(value.start, end)}]`);
}

/** The policy without these statements; null when none is left. */
export function withoutStatements(text: string | null, sids: readonly string[]): string | null {
  if (text === null) return null;
  let left = text;
  for (;;) {
    const { statements } = cut(left);
    const index = statements.findIndex(({ start, end }) => {
      const { Sid } = JSON.parse(left.slice(start, end)) as { Sid?: string };
      return Sid !== undefined && sids.includes(Sid);
    });
    const found = statements[index];
    if (found === undefined) return left;
    if (statements.length === 1) return null;
    // With the comma: the one before it, or for the first the one behind.
    const start = statements[index - 1]?.end ?? found.start;
    const end = index === 0 ? (statements[1]?.start ?? found.end) : found.end;
    left = splice(left, { start, end }, '');
  }
}

/**
 * Whether two policies mean the same. Amazon keeps a list of one without the brackets and lists in an order
 * of its own, so what it answers is not what was sent.
 */
export function samePolicy(a: string | null, b: string | null): boolean {
  if (a === null || b === null) return a === b;
  return isDeepStrictEqual(canonical(parsePolicy(a)), canonical(parsePolicy(b)));
}

function canonical(value: unknown): unknown {
  if (Array.isArray(value)) {
    const items = value.map(canonical);
    return items.length === 1
      ? items[0]
      : items.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, canonical(item)]));
}

/** Where the value of `Statement` lies, and each statement. */
function cut(text: string): { value: Span; statements: Span[]; bracketed: boolean } {
  for (const { start, end } of elements(text, text.indexOf('{'))) {
    const name = /^"Statement"\s*:\s*/.exec(text.slice(start, end));
    if (name === null) continue;
    const value = { start: start + name[0].length, end };
    const bracketed = text[value.start] === '[';
    return { value, statements: bracketed ? elements(text, value.start) : [value], bracketed };
  }
  throw new SyntaxError(`a policy without "Statement": ${text.slice(0, 200)}`);
}

/** Where the elements (of an object: the members) lie that are parted by commas after the bracket at `open`. */
function elements(text: string, open: number): Span[] {
  const found: Span[] = [];
  let depth = 0;
  let start = open + 1;
  for (let at = open + 1; at < text.length; at += 1) {
    const character = text[at];
    if (character === '"') {
      while (text[(at += 1)] !== '"') if (text[at] === '\\') at += 1;
    } else if (character === '{' || character === '[') {
      depth += 1;
    } else if (depth > 0 && (character === '}' || character === ']')) {
      depth -= 1;
    } else if (depth === 0 && (character === ',' || character === '}' || character === ']')) {
      const piece = text.slice(start, at);
      const trimmed = piece.trim();
      const first = start + piece.indexOf(trimmed);
      if (trimmed !== '') found.push({ start: first, end: first + trimmed.length });
      if (character !== ',') return found;
      start = at + 1;
    }
  }
  throw new SyntaxError(`a policy that is not whole: ${text.slice(0, 200)}`);
}

function splice(text: string, { start, end }: Span, replacement: string): string {
  return text.slice(0, start) + replacement + text.slice(end);
}
