/** Blocks of IPv4 addresses in CIDR notation. */
export type Block = { text: string; first: number; last: number; bits: number };

/** Throws RangeError where it is no block, or has address bits beyond its mask. */
export function parseBlock(text: string): Block {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(text);
  const [a = 0, b = 0, c = 0, d = 0, bits = 0] = (match ?? []).slice(1).map(Number);
  if (match === null || Math.max(a, b, c, d) > 255 || bits > 32) {
    throw new RangeError(`${JSON.stringify(text)} is no block of addresses such as 10.20.0.0/16`);
  }
  const first = a * 2 ** 24 + b * 2 ** 16 + c * 2 ** 8 + d;
  const size = 2 ** (32 - bits);
  if (first % size !== 0) {
    throw new RangeError(
      `${text} begins in the middle of a /${bits}; did you mean ${format(first - (first % size))}/${bits}?`,
    );
  }
  return { text, first, last: first + size - 1, bits };
}

export function overlap(one: Block, other: Block): boolean {
  return one.first <= other.last && other.first <= one.last;
}

function format(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.');
}
