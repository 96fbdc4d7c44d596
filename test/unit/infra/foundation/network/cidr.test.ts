import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatCidr,
  overlap,
  parseCidr,
  planSubnets,
  subBlock,
} from '../../../../../infra/foundation/network/cidr.ts';

describe('a block of addresses', () => {
  it.each(['10.20.0.0/16', '0.0.0.0/0', '192.168.1.128/25', '255.255.255.255/32'])(
    '%s is read and written',
    (text) => {
      expect(formatCidr(parseCidr(text))).toBe(text);
    },
  );

  it.each([
    ['10.20.0.0', '"10.20.0.0" is no block of addresses; write one such as 10.20.0.0/16'],
    ['10.20.0.256/24', '"10.20.0.256/24" is no block of addresses; write one such as 10.20.0.0/16'],
    ['10.20.0.0/33', '"10.20.0.0/33" is no block of addresses; write one such as 10.20.0.0/16'],
    [
      '10.20.1.0/16',
      '"10.20.1.0/16" begins inside a block; the block of 16 bits that holds it is 10.20.0.0/16',
    ],
  ])('%s is refused', (text, message) => {
    expect(() => parseCidr(text)).toThrow(new RangeError(message));
  });
});

describe('two blocks', () => {
  it.each([
    ['10.20.0.0/16', '10.20.128.0/20', true],
    ['10.20.0.0/16', '10.21.0.0/16', false],
    ['10.20.0.0/17', '10.20.128.0/17', false],
    ['0.0.0.0/0', '255.255.255.255/32', true],
  ])('%s and %s have an address in common: %s', (one, other, common) => {
    expect(overlap(parseCidr(one), parseCidr(other))).toBe(common);
    expect(overlap(parseCidr(other), parseCidr(one))).toBe(common);
  });
});

describe('the plan of subnets', () => {
  it('gives a /16 these', () => {
    expect(planSubnets('10.20.0.0/16', 3)).toEqual([
      { private: '10.20.0.0/18', storage: '10.20.192.0/20', public: '10.20.240.0/22' },
      { private: '10.20.64.0/18', storage: '10.20.208.0/20', public: '10.20.244.0/22' },
      { private: '10.20.128.0/18', storage: '10.20.224.0/20', public: '10.20.248.0/22' },
    ]);
  });

  const vpc = fc
    .tuple(fc.integer({ min: 16, max: 22 }), fc.integer({ min: 0, max: 2 ** 32 - 1 }))
    .map(([prefix, address]) => ({ prefix, first: address - (address % 2 ** (32 - prefix)) }));

  it('moves no existing subnet when a zone is added', () => {
    fc.assert(
      fc.property(vpc, (block) => {
        const text = formatCidr(block);
        expect(planSubnets(text, 3).slice(0, 2)).toEqual(planSubnets(text, 2));
      }),
    );
  });

  it('keeps subnets apart and inside the VPC, none smaller than AWS allows', () => {
    const size = (prefix: number) => 2 ** (32 - prefix);
    fc.assert(
      fc.property(vpc, (block) => {
        const subnets = planSubnets(formatCidr(block), 3)
          .flatMap((zone) => Object.values(zone))
          .map(parseCidr)
          .sort((a, b) => a.first - b.first);
        for (const [index, { first, prefix }] of subnets.entries()) {
          expect(prefix).toBeLessThanOrEqual(28);
          expect(first).toBeGreaterThanOrEqual(block.first);
          const next = subnets[index + 1]?.first ?? block.first + size(block.prefix);
          expect(first + size(prefix)).toBeLessThanOrEqual(next);
        }
      }),
    );
  });

  it.each([
    ['10.0.0.0/8', 3, '"10.0.0.0/8" has a prefix of 8 bits; a VPC with subnets for 3 zones needs 16 to 22'],
    [
      '10.20.0.0/23',
      3,
      '"10.20.0.0/23" has a prefix of 23 bits; a VPC with subnets for 3 zones needs 16 to 22',
    ],
    ['10.20.0.0/16', 1, '1 zones: the network is planned for 2 or 3'],
    ['10.20.0.0/16', 4, '4 zones: the network is planned for 2 or 3'],
  ])('refuses %s in %i zones', (text, zones, message) => {
    expect(() => planSubnets(text, zones)).toThrow(new RangeError(message));
  });

  it('counts sub-blocks from the start', () => {
    expect(formatCidr(subBlock(parseCidr('10.20.0.0/16'), 8, 255))).toBe('10.20.255.0/24');
  });
});
