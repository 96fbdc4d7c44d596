import fc from 'fast-check';
import type { Cue } from './platform/cues.ts';
import type { Await, Blow } from './platform/simulation.ts';

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
  /** Every so many of the events of clients that follow their parameter come late; 0: none. */
  late: number;
  /** By so many milliseconds. */
  lateBy: number;
  /** Percent of requests whose connection breaks. */
  broken: number;
  /** Whether clients look at their parameter seldom, and their requests may take long. */
  unhurried: boolean;
  /** Milliseconds from the turn to the moment when the ledger is restored from a backup, where it is. */
  restoredAfter: number;
  /** Milliseconds until our notification entry goes missing, where it does. */
  missingAfter: number;
  /** Days that the move's clock is ahead when S3 is to be emptied. */
  daysAhead: number;
};

/** What somebody does to a key. */
export type Deed = {
  /** Milliseconds before it. */
  pause: number;
  /** What is waited for after that. */
  begins: Cue | null;
  /** When a write is carried out, as far as the longest request lets it wait; else when chance says. */
  lands: Cue | null;
  key: string;
  /** `expire`: a rule of the customer's on S3 does it; no client is asked. */
  do: 'put' | 'delete' | 'read' | 'expire';
  body: number;
};

/** Where chance begins: until there a run goes its plain way. */
export const STORIES = [
  'copy',
  'follow',
  'gate',
  'cutover',
  'gap',
  'stragglers',
  'late',
  'fallback',
  'rollback',
  'restore',
  'retire',
] as const;
export type Story = (typeof STORIES)[number];

export const KEYS = ['a', 'b', 'c'];

/** Whom a blow may fall on: all but who uses the stores. Named more than once: so much oftener. */
const EVERYBODY = ['operator', 'sync', 'replay', 'watch', 'capture', 'pending'];
const STRUCK: Partial<Record<Story, string[]>> = {
  copy: ['sync', 'sync', 'replay', 'capture'],
  follow: ['replay', 'replay', 'replay', 'capture'],
  cutover: ['operator', 'operator', 'watch', 'capture', 'capture', 'replay', 'pending'],
  stragglers: ['replay', 'replay', 'capture', 'watch'],
  late: ['replay', 'replay', 'capture', 'watch'],
  fallback: ['pending', 'pending', 'pending', 'capture'],
};

/** What cues are about: requests of workers to S3, and to Ceph as the users of before or after the turn. */
const HEARD: Record<Story, string[]> = {
  copy: [
    'a blow',
    'migration',
    'migration-sync',
    'migration-replay',
    'migration lists',
    'migration-sync lists',
  ],
  follow: ['migration', 'migration-replay', 'a blow', 'a blow'],
  gate: ['migration', 'migration-replay', 'migration-verify', 'the parameter'],
  cutover: ['migration', 'migration-replay', ...Array<string>(4).fill('the parameter'), 'operator'],
  gap: ['migration', 'migration-replay', 'the parameter', 'operator'],
  stragglers: ['migration', 'migration-straggler', 'a blow'],
  late: ['migration', 'migration-straggler', 'migration-straggler', 'a blow'],
  fallback: ['migration', 'migration-straggler', 'pending', 'a blow'],
  rollback: ['migration-straggler', 'the parameter', 'operator'],
  restore: ['migration', 'migration-replay', 'migration-straggler', 'the parameter'],
  retire: ['migration', 'migration-straggler', 'migration-verify', 'migration lists', 'operator'],
};

/** Stories in which workers do little but what clients give them to do: a blow falls on that. */
const CALM: readonly Story[] = ['follow', 'stragglers', 'fallback'];
/** Of these, where keys change so often that a worker meets the next change of the key it works on. */
const BUSY: readonly Story[] = ['follow', 'stragglers'];
const HARD: readonly Blow['kind'][] = ['kill', 'stop, kill', 'cut'];
const EVERYWHERE: readonly Await[] = ['any', 'sent', 'request', 'statement'];
const AT_REQUESTS: readonly Await[] = ['sent', 'sent', 'request', 'request', 'statement'];
/** Stories in which who follows the parameter may take long to do so, and longer than all the rest takes. */
const UNHURRIED: readonly Story[] = ['cutover', 'rollback'];

const cue = (story: Story): fc.Arbitrary<Cue | null> =>
  fc.option(
    fc
      .record({
        by: fc.constantFrom(...HEARD[story]),
        at: fc.oneof(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 6 })),
      })
      .map(({ by, at }) => ({ by, at: by === 'a blow' ? 1 : at })),
    { freq: 2 },
  );

const deed = (story: Story, kinds: Deed['do'][]): fc.Arbitrary<Deed> =>
  fc.record({
    pause: fc.oneof(
      fc.nat(60),
      fc.nat(900),
      BUSY.includes(story) ? fc.nat(200) : fc.integer({ min: 700, max: 1300 }),
    ),
    begins: cue(story),
    lands: cue(story),
    // Where little goes on, much of it goes on about one key.
    key: fc.constantFrom(...(BUSY.includes(story) ? ['a', 'a', 'a', 'a'] : ['a', 'a']), ...KEYS),
    do: fc.constantFrom(...kinds),
    body: fc.nat(3),
  });

const blow = (story: Story): fc.Arbitrary<Blow> =>
  fc
    .record({
      process: fc.constantFrom(...(STRUCK[story] ?? EVERYBODY)),
      where: fc.constantFrom(...(CALM.includes(story) ? AT_REQUESTS : EVERYWHERE)),
      early: fc.boolean(),
      at: fc.nat(),
      kind: fc.constantFrom<Blow['kind']>(...(story === 'follow' ? [] : ['stop' as const]), ...HARD),
      milliseconds: fc.constantFrom(...(story === 'follow' ? [] : [200, 400]), 1200, 2500, 6000),
      later: fc.integer({ min: 1, max: 3 }),
    })
    .map(({ early, at, ...drawn }) => {
      const where = drawn.kind === 'cut' ? 'sent' : drawn.where;
      const most = where === 'any' ? 200 : early || story === 'follow' ? 8 : CALM.includes(story) ? 16 : 40;
      return { ...drawn, where, at: 1 + (at % most) };
    });

export function plans(stories: readonly Story[]): fc.Arbitrary<Plan> {
  return fc.oneof(...stories.map(plansOf));
}

function plansOf(story: Story): fc.Arbitrary<Plan> {
  return fc.record({
    story: fc.constant(story),
    order: fc.nat(2 ** 31),
    before: fc.dictionary(fc.constantFrom(...KEYS), fc.nat(3), { maxKeys: story === 'fallback' ? 1 : 3 }),
    clients: fc.array(deed(story, ['put', 'put', 'delete', 'read', 'read']), { maxLength: 8 }),
    stragglers: fc.array(deed(story, ['put', 'put', 'delete']), { maxLength: 3 }),
    slow: fc.constantFrom(0.08, 0.3),
    blows: fc.array(blow(story), { minLength: story === 'follow' ? 1 : 0, maxLength: 3 }),
    doubled: fc.nat(4),
    refused: fc.nat(6),
    lost: fc.nat(2),
    late: story === 'late' ? fc.constantFrom(1, 1, 2) : fc.constant(0),
    lateBy: story === 'late' ? fc.constantFrom(2000, 3500, 5000) : fc.constant(0),
    broken: fc.constantFrom(0, 0, 1, ...(CALM.includes(story) ? [4, 10] : [4])),
    unhurried: UNHURRIED.includes(story) ? fc.boolean() : fc.constant(false),
    restoredAfter: fc.nat(1500),
    missingAfter: story === 'gap' ? fc.nat(900) : fc.constant(0),
    daysAhead: story === 'restore' ? fc.constant(15.1) : fc.constantFrom(14.9, 15.1),
  });
}
