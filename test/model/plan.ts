import fc from 'fast-check';
import type { Blow } from './platform/simulation.ts';

/** What happens in one run: all that chance may choose, small enough to be printed and to be shrunk. */
export type Plan = {
  story: Story;
  /** How long everything takes, and what breaks: the seed of the run's chance. 0: in order, and nothing breaks. */
  order: number;
  /** Keys that are there before the move begins, with the number of their bodies. */
  before: Record<string, number>;
  clients: Deed[];
  stragglers: Deed[];
  /** The share of requests and statements that take long. */
  slow: number;
  blows: Blow[];
  /** Every so many notifications are delivered twice, or refused once; 0: none. */
  doubled: number;
  refused: number;
  /** Every so many of the stragglers' notifications is lost, where S3 is about to be emptied; 0: none. */
  lost: number;
  /** Percent of requests whose connection breaks. */
  broken: number;
  /** Milliseconds from the turn to the moment when the ledger is restored from a backup, where it is. */
  restoredAfter: number;
  /** Days that the move's clock is ahead when S3 is to be emptied. */
  daysAhead: number;
};

/** What somebody does to a key; a pause in milliseconds before it. */
export type Deed = { pause: number; key: string; do: 'put' | 'delete' | 'read'; body: number };

/** Where chance begins: until there a run goes its plain way. */
export const STORIES = [
  'copy',
  'gate',
  'cutover',
  'stragglers',
  'fallback',
  'rollback',
  'restore',
  'retire',
] as const;
export type Story = (typeof STORIES)[number];

/** Who may be killed or stopped: all but who uses the stores. */
const BLOW_TARGETS = ['operator', 'sync-1', 'sync-2', 'replay', 'replay-2', 'watch', 'capture', 'pending'];

export const KEYS = ['a', 'b', 'c'];

const deed = (kinds: Deed['do'][]) =>
  fc.record({
    pause: fc.oneof(fc.nat(60), fc.nat(900), fc.integer({ min: 700, max: 1300 })),
    key: fc.constantFrom('a', 'a', ...KEYS),
    do: fc.constantFrom(...kinds),
    body: fc.nat(3),
  });

const blow: fc.Arbitrary<Blow> = fc
  .record({
    process: fc.constantFrom(...BLOW_TARGETS),
    where: fc.constantFrom('any' as const, 'request' as const, 'statement' as const),
    early: fc.boolean(),
    at: fc.nat(),
    kind: fc.constantFrom('kill' as const, 'stop' as const),
    milliseconds: fc.constantFrom(400, 1200, 2500, 6000),
  })
  .map(({ early, at, ...rest }) => ({
    ...rest,
    at: 1 + (at % (rest.where === 'any' ? 200 : early ? 8 : 40)),
  }));

export function plans(stories: readonly Story[]): fc.Arbitrary<Plan> {
  return fc.record({
    story: fc.constantFrom(...stories),
    order: fc.nat(2 ** 31),
    before: fc.dictionary(fc.constantFrom(...KEYS), fc.nat(3), { maxKeys: 3 }),
    clients: fc.array(deed(['put', 'put', 'delete', 'read', 'read']), { maxLength: 8 }),
    stragglers: fc.array(deed(['put', 'put', 'delete']), { maxLength: 3 }),
    slow: fc.constantFrom(0.08, 0.3),
    blows: fc.array(blow, { maxLength: 3 }),
    doubled: fc.nat(4),
    refused: fc.nat(6),
    lost: fc.nat(2),
    broken: fc.constantFrom(0, 0, 1, 4),
    restoredAfter: fc.nat(1500),
    daysAhead: fc.constantFrom(14.9, 15.1),
  });
}
