import { describe, expect, it } from 'vitest';
import { localPorts, PORT_SPAN } from '../../../../infra/local/ports.ts';

describe('the local ports', () => {
  it('do not overlap, and stay within their span', () => {
    const ports = localPorts(7400);
    const single = [ports.cacheTier, ports.pending, ports.receiver, ports.cacheDrop];
    const clusters = [ports.source, ports.images, ports.metadata];
    const ranges = clusters.flatMap(({ daemonPorts: { first, last } }) =>
      Array.from({ length: last - first + 1 }, (_, index) => first + index),
    );
    const all = [
      ...single,
      ...clusters.flatMap((cluster) => [cluster.monitorPort, ...cluster.gateways]),
      ...ranges,
    ];
    expect(new Set(all).size).toBe(all.length);
    expect(Math.min(...all)).toBe(7400);
    expect(Math.max(...all)).toBeLessThan(7400 + PORT_SPAN);
  });

  it('put S3 where RGW usually is', () => {
    expect(localPorts().source.gateways).toEqual([7480]);
  });
});
