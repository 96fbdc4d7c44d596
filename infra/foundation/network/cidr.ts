/**
 * Arithmetic with blocks of IPv4 addresses, and the plan of a VPC's subnets. No resources: the settings'
 * checks use it too.
 */

export type Cidr = { /** The first address as a number. */ first: number; prefix: number };

/**
 * Reads `10.20.0.0/16`.
 *
 * @throws RangeError saying what is wrong: no block, or an address that is not its block's first
 */
export function parseCidr(text: string): Cidr {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(text);
  const numbers = match?.slice(1).map(Number) ?? [];
  const [a = 0, b = 0, c = 0, d = 0, prefix = 0] = numbers;
  if (numbers.length !== 5 || [a, b, c, d].some((byte) => byte > 255) || prefix > 32) {
    throw new RangeError(`"${text}" is no block of addresses; write one such as 10.20.0.0/16`);
  }
  const address = ((a * 256 + b) * 256 + c) * 256 + d;
  const first = address - (address % 2 ** (32 - prefix));
  if (address !== first) {
    throw new RangeError(
      `"${text}" begins inside a block; the block of ${prefix} bits that holds it is ${formatCidr({ first, prefix })}`,
    );
  }
  return { first, prefix };
}

export function formatCidr({ first, prefix }: Cidr): string {
  const bytes = [24, 16, 8, 0].map((shift) => Math.floor(first / 2 ** shift) % 256);
  return `${bytes.join('.')}/${prefix}`;
}

/** The `index`-th of the equal blocks that are made by `bits` more bits of prefix. */
export function subBlock(block: Cidr, bits: number, index: number): Cidr {
  const prefix = block.prefix + bits;
  return { first: block.first + index * 2 ** (32 - prefix), prefix };
}

/** Whether two blocks have an address in common: no route could tell them apart. */
export function overlap(one: Cidr, other: Cidr): boolean {
  return one.first < endOf(other) && other.first < endOf(one);
}

function endOf({ first, prefix }: Cidr): number {
  return first + 2 ** (32 - prefix);
}

export type ZoneSubnets = {
  /** Nodes, pods, functions, private endpoints: a quarter of the VPC a zone, for an address a pod. */
  private: string;
  /** Ceph and the database: a sixteenth a zone. */
  storage: string;
  /** NAT gateways and what faces the internet: a sixty-fourth a zone. */
  public: string;
};

/** The largest and smallest VPC that AWS allows and whose smallest subnet (six bits more) it allows. */
const PREFIXES = { from: 16, to: 22 };
const ZONES = { from: 2, to: 3 };

/**
 * The subnets of a VPC, by zone. A zone's subnets depend on its place alone, so a third zone added later
 * moves nothing of the first two. With 10.20.0.0/16: private 10.20.0.0/18, storage 10.20.192.0/20, public
 * 10.20.240.0/22 for the first zone.
 *
 * @throws RangeError where the block is none, or too large or small, or the zones are too few or many
 */
export function planSubnets(vpc: string, zones: number): ZoneSubnets[] {
  const block = parseCidr(vpc);
  if (block.prefix < PREFIXES.from || block.prefix > PREFIXES.to) {
    throw new RangeError(
      `"${vpc}" has a prefix of ${block.prefix} bits; a VPC with subnets for ${ZONES.to} zones needs ` +
        `${PREFIXES.from} to ${PREFIXES.to}`,
    );
  }
  if (!Number.isInteger(zones) || zones < ZONES.from || zones > ZONES.to) {
    throw new RangeError(`${zones} zones: the network is planned for ${ZONES.from} or ${ZONES.to}`);
  }
  const rest = subBlock(block, 2, 3);
  const restOfRest = subBlock(rest, 2, 3);
  return Array.from({ length: zones }, (_, zone) => ({
    private: formatCidr(subBlock(block, 2, zone)),
    storage: formatCidr(subBlock(rest, 2, zone)),
    public: formatCidr(subBlock(restOfRest, 2, zone)),
  }));
}
