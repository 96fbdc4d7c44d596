/** Above every ASCII character that a key may have; most keys are ASCII alone. */
const OPEN_ASCII = 0x7f;
const OPEN = 0x110000;
const FIRST_SURROGATE = 0xd800;
const LAST_SURROGATE = 0xdfff;

/**
 * A text about halfway between two keys in the order that S3 lists them, or beyond `low` where `high` is null.
 * It need not be a key. Null where there is none between them that is shorter than both and a character.
 */
export function between(low: string, high: string | null): string | null {
  const from = codePoints(low);
  const to = high === null ? null : codePoints(high);
  const common: number[] = [];
  let isBounded = to !== null;
  for (let index = 0; index <= from.length; index += 1) {
    const left = from[index] ?? -1;
    const right = isBounded ? (to?.[index] ?? -1) : left < OPEN_ASCII - 1 ? OPEN_ASCII : OPEN;
    const middle = halfway(left, right);
    if (middle !== null) return String.fromCodePoint(...common, middle);
    if (left < 0) return null;
    // Past this character only `low` binds, once the two differ.
    if (isBounded && right !== left) isBounded = false;
    common.push(left);
  }
  return null;
}

/** A character strictly between two, none of a surrogate pair. */
function halfway(left: number, right: number): number | null {
  // A character of zero is no part of any key that can be written down.
  const middle = Math.max(1, Math.floor((left + right) / 2));
  const isSurrogate = middle >= FIRST_SURROGATE && middle <= LAST_SURROGATE;
  const whole = isSurrogate
    ? left < FIRST_SURROGATE - 1
      ? FIRST_SURROGATE - 1
      : LAST_SURROGATE + 1
    : middle;
  return whole > left && whole < right ? whole : null;
}

function codePoints(text: string): number[] {
  return Array.from(text, (character) => character.codePointAt(0) ?? 0);
}
