/** What a preview cannot know yet: it comes from a resource that is still to be made. */
export const UNKNOWN = Symbol('known after the update');

export type Values = { readonly [name: string]: unknown };

/**
 * The properties of a resource as plain values. The policy runtime throws where a rule touches a value that
 * is not known in a preview, and drops the whole rule with it: a rule that only asks whether a key is given
 * would see nothing before the update.
 */
export function plainValues(props: object): Values {
  return copied(props) as Values;
}

function copied(value: unknown): unknown {
  if (Array.isArray(value)) return Array.from(value.keys(), (index) => read(value, index));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.keys(value).map((name) => [name, read(value, name)]));
}

function read(from: object, name: PropertyKey): unknown {
  try {
    return copied((from as Record<PropertyKey, unknown>)[name]);
  } catch (error) {
    // The class is internal to @pulumi/policy; it alone carries the sentinel.
    if (error instanceof Error && 'unknownTypeSentinel' in error) return UNKNOWN;
    throw error;
  }
}

/** Whether a value is given, known or not. An empty text is none. */
export function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '';
}

/** Whether a value is true, or may turn out to be. */
export function isTrue(value: unknown): boolean {
  return value === true || value === 'true' || value === UNKNOWN;
}

/** Whether a value is known and true. For what must not be. */
export function isSurelyTrue(value: unknown): boolean {
  return value === true || value === 'true';
}

/** The value where it is text, else `''`: nothing can be said about what is not known yet. */
export function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** A nested block; none where it is missing or not known yet. */
export function block(value: unknown): Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Values) : {};
}

/** A list of nested blocks, also where only one is given. */
export function blocks(value: unknown): Values[] {
  return list(value).map(block);
}

/** A list of values, also where only one is given; empty where it is missing or not known yet. */
export function list(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  return isGiven(value) && value !== UNKNOWN ? [value] : [];
}
