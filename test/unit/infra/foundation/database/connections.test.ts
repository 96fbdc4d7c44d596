import { describe, expect, it } from 'vitest';
import { connectionsTaken } from '../../../../../infra/foundation/database/connections.ts';

describe('the connections that Aurora takes', () => {
  it.each([
    // As AWS' table says.
    [1, 1, 189],
    [1, 4, 823],
    [1, 8, 1669],
    [1, 16, 3360],
    [1, 32, 5000],
    [1, 128, 5000],
    // Between two of them, on a straight line.
    [1, 2, 400],
    [1, 24, 4180],
    // Never more than 2,000 where the minimum is small.
    [0, 16, 2000],
    [0.5, 4, 823],
  ])('from %d to %d units are %d', (minimum, maximum, connections) => {
    expect(connectionsTaken({ minimum, maximum })).toBe(connections);
  });
});
