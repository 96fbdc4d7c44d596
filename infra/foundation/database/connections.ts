/**
 * How many connections Aurora PostgreSQL serverless v2 takes by default, by the cluster's maximum capacity
 * in capacity units; below 1 as at 1. Where the minimum is under 1 it takes no more than 2,000.
 * https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-serverless-v2.setting-capacity.html
 */
const CONNECTIONS: readonly (readonly [capacity: number, connections: number])[] = [
  [1, 189],
  [4, 823],
  [8, 1669],
  [16, 3360],
  [32, 5000],
];
const WITH_SMALL_MINIMUM = 2000;

/** Connections that the database surely takes: between two known capacities, a straight line. */
export function connectionsTaken(capacity: { minimum: number; maximum: number }): number {
  const limit = capacity.minimum < 1 ? WITH_SMALL_MINIMUM : Infinity;
  const [first] = CONNECTIONS;
  let [low, taken] = first ?? [0, 0];
  for (const [high, more] of CONNECTIONS) {
    if (capacity.maximum >= high) [low, taken] = [high, more];
    else if (capacity.maximum > low) {
      taken += Math.floor(((more - taken) * (capacity.maximum - low)) / (high - low));
      break;
    }
  }
  return Math.min(taken, limit);
}
