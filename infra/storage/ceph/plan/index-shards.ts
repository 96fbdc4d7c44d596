/** Above this RGW reshards, which locks the bucket for minutes where it is large: rook/rook#6304. */
export const OBJECTS_PER_SHARD = 100_000;
/** https://docs.ceph.com/en/tentacle/radosgw/dynamicresharding/ */
const FEWEST_SHARDS = 11;
const MOST_SHARDS = 65_521;

/**
 * Shards that a new bucket's index gets so that it never needs more: a prime, by which keys spread best.
 *
 * @param objects expected in the largest bucket
 */
export function indexShards(objects: number): number {
  let shards = Math.max(FEWEST_SHARDS, Math.ceil(objects / OBJECTS_PER_SHARD));
  while (!isPrime(shards)) shards += 1;
  return Math.min(shards, MOST_SHARDS);
}

function isPrime(number: number): boolean {
  for (let divisor = 2; divisor * divisor <= number; divisor += 1) {
    if (number % divisor === 0) return false;
  }
  return number > 1;
}
