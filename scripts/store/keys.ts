/**
 * The order of two keys as S3 lists them: by their UTF-8 bytes. JavaScript compares UTF-16 units, which
 * puts U+E000–U+FFFF after emoji and other supplementary characters; bytes put them before.
 *
 * @returns negative, 0 or positive
 */
export function compareKeys(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const left = a.charCodeAt(index);
    const right = b.charCodeAt(index);
    if (left !== right) {
      return byCodePoint(left) - byCodePoint(right);
    }
  }
  return a.length - b.length;
}

/** Lifts surrogates above the rest of the first plane, where UTF-8 has them. */
function byCodePoint(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
