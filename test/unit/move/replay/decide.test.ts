import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  decide,
  REASONS,
  type SeenOperation,
  type Situation,
  type SourceState,
  type TargetHistory,
  type TargetState,
} from '../../../../scripts/move/replay/decide.ts';

const operation = (overrides: Partial<SeenOperation> & { position: bigint }): SeenOperation => ({
  kind: 'put',
  eventName: 'ObjectCreated:Put',
  sequencer: String(overrides.position).padStart(4, '0'),
  etag: 'new',
  duplicate: false,
  preHold: false,
  ...overrides,
});
const put = operation({ position: 1n });
const removed = operation({ position: 1n, kind: 'delete', eventName: 'ObjectRemoved:Delete', etag: null });
const expired = operation({
  position: 1n,
  kind: 'expire',
  eventName: 'LifecycleExpiration:Delete',
  etag: null,
});

const absent: TargetState = { current: null, differs: null };
const present = (etag: string, differs: string[] | null): TargetState => ({ current: { etag }, differs });
const onSource: SourceState = { etag: 'new', size: 3 };

describe('before the turn S3 is the truth', () => {
  const before = (operations: SeenOperation[], source: SourceState, target: TargetState) =>
    decide({ writesGoTo: 'source', operations, source, target });

  test.each<[string, SeenOperation[], SourceState, TargetState, string, string]>([
    ['a new object is copied', [put], onSource, absent, 'copy', 'copied'],
    ['an overwritten one is copied', [put], onSource, present('old', ['etag']), 'copy', 'copied'],
    ['one whose tags differ is copied', [put], onSource, present('new', ['tags']), 'copy', 'copied'],
    ['what is equal already is left', [put], onSource, present('new', []), 'nothing', 'equal'],
    ['a late delete of what was written again copies', [removed], onSource, absent, 'copy', 'copied'],
    [
      'a late delete of what is equal does nothing',
      [removed],
      onSource,
      present('new', []),
      'nothing',
      'equal',
    ],
    ['a deleted object is deleted', [removed], null, present('old', null), 'delete', 'deleted'],
    ['one deleted on both sides is left', [removed], null, absent, 'nothing', 'equal'],
    ['a put of what is gone again deletes', [put], null, present('old', null), 'delete', 'deleted'],
    ['an expired object is deleted', [expired], null, present('old', null), 'delete', 'deleted'],
    ['one expired on both sides is left', [expired], null, absent, 'nothing', 'equal'],
    ['an expiry after a put deletes', [put, expired], null, present('old', null), 'delete', 'deleted'],
    [
      'an expiry beside a delete is a delete',
      [expired, removed],
      null,
      present('old', null),
      'delete',
      'deleted',
    ],
    ['an expiry of what was written again copies', [expired], onSource, absent, 'copy', 'copied'],
  ])('%s', (_, operations, source, target, action, outcome) => {
    expect(before(operations, source, target)).toEqual({
      action: { do: action },
      retire: operations.map(({ position }) => ({ position, outcome })),
      conflicts: [],
    });
  });
});

describe('after the turn Ceph is the truth', () => {
  const none: TargetHistory = { entries: 0, hasSource: false, etags: [], intruder: null, ours: false };
  const some: TargetHistory = {
    entries: 2,
    hasSource: false,
    etags: ['x', 'old'],
    intruder: null,
    ours: false,
  };
  const after = (
    operations: SeenOperation[],
    source: SourceState,
    target: TargetState,
    history: TargetHistory = some,
  ) => decide({ writesGoTo: 'target', operations, source, target, history });

  test('an expiry is ignored', () => {
    expect(after([expired], null, present('old', null))).toEqual({
      action: { do: 'nothing' },
      retire: [{ position: 1n, outcome: 'ignored' }],
      conflicts: [],
    });
  });

  test('a repeated event of any kind is only that', () => {
    for (const one of [put, removed]) {
      expect(after([{ ...one, duplicate: true }], null, present('old', null))).toEqual({
        action: { do: 'nothing' },
        retire: [{ position: 1n, outcome: 'duplicate' }],
        conflicts: [],
      });
    }
  });

  test('a delete is reported and not applied', () => {
    expect(after([removed], null, present('old', null))).toEqual({
      action: { do: 'nothing' },
      retire: [{ position: 1n, outcome: 'conflict' }],
      conflicts: [{ position: 1n, kind: 'delete', reason: REASONS.deleted }],
    });
  });

  test('a delete is nothing to report where Ceph has no object either, or S3 has one again', () => {
    expect(after([removed], null, absent).retire).toEqual([{ position: 1n, outcome: 'equal' }]);
    expect(after([removed], onSource, present('old', ['etag'])).retire).toEqual([
      { position: 1n, outcome: 'superseded' },
    ]);
  });

  test('a put that Ceph has is equal; one that it had is superseded', () => {
    expect(after([put], onSource, present('new', [])).retire).toEqual([{ position: 1n, outcome: 'equal' }]);
    const had = { ...some, hasSource: true, etags: ['x', 'new'] };
    for (const target of [present('x', ['etag']), absent]) {
      expect(after([put], onSource, target, had)).toEqual({
        action: { do: 'nothing' },
        retire: [{ position: 1n, outcome: 'superseded' }],
        conflicts: [],
      });
    }
  });

  test('a change of tags or ACL on S3 is reported', () => {
    const had = { ...some, hasSource: true };
    for (const eventName of ['ObjectTagging:Put', 'ObjectAcl:Put']) {
      expect(after([{ ...put, eventName }], onSource, present('new', ['tags']), had)).toMatchObject({
        action: { do: 'nothing' },
        conflicts: [{ position: 1n, kind: 'put', reason: REASONS.described }],
      });
    }
  });

  describe('what was done before the hold, and S3 tells of it after the turn', () => {
    const ours: TargetHistory = { ...some, entries: 1, etags: ['old'], ours: true };
    const latePut = { ...put, preHold: true };
    const lateDelete = { ...removed, preHold: true };
    const overwritten = present('old', ['etag']);

    test('a delete removes what the migration had copied, and nothing else', () => {
      expect(after([lateDelete], null, present('old', null), ours)).toEqual({
        action: { do: 'delete', versionId: 'null' },
        retire: [{ position: 1n, outcome: 'deleted' }],
        conflicts: [],
      });
    });

    test('an overwrite replaces what the migration had copied', () => {
      expect(after([latePut], onSource, overwritten, ours)).toEqual({
        action: { do: 'replace', position: 1n, etag: 'new' },
        retire: [{ position: 1n, outcome: 'applied' }],
        conflicts: [],
      });
    });

    test('so do other tags of the same bytes', () => {
      const had = { ...ours, hasSource: true, etags: ['new'] };
      const tagged = { ...latePut, eventName: 'ObjectTagging:Put' };
      expect(after([tagged], onSource, present('new', ['tags']), had).action).toEqual({
        do: 'replace',
        position: 1n,
        etag: 'new',
      });
    });

    test('both are conflicts where a client has written or deleted the key on Ceph', () => {
      expect(after([lateDelete], null, present('x', null), some)).toMatchObject({
        action: { do: 'nothing' },
        conflicts: [{ position: 1n, reason: REASONS.deleted }],
      });
      for (const target of [present('x', ['etag']), absent]) {
        expect(after([latePut], onSource, target, some)).toMatchObject({
          action: { do: 'quarantine', position: 1n },
          conflicts: [{ position: 1n, reason: REASONS.overwritten }],
        });
      }
    });

    test('a delete is superseded where S3 has an object again', () => {
      expect(after([lateDelete], onSource, overwritten, ours)).toMatchObject({
        action: { do: 'nothing' },
        retire: [{ position: 1n, outcome: 'superseded' }],
      });
    });

    test("what a straggler has written over it is the straggler's", () => {
      const late = operation({ position: 2n, etag: 'by a straggler' });
      const bySomebodyElse: SourceState = { etag: 'by a straggler', size: 3 };
      expect(after([latePut, late], bySomebodyElse, overwritten, ours)).toMatchObject({
        action: { do: 'quarantine', position: 2n },
        retire: [
          { position: 1n, outcome: 'superseded' },
          { position: 2n, outcome: 'conflict' },
        ],
      });
      // Nobody has told of the straggler's write yet.
      expect(after([latePut], bySomebodyElse, overwritten, ours).action).toEqual({
        do: 'quarantine',
        position: 1n,
      });
    });

    test("a straggler's delete after an early one changes nothing about that", () => {
      const second = operation({ position: 2n, kind: 'delete', etag: null });
      expect(after([lateDelete, second], null, present('old', null), ours).action).toEqual({
        do: 'delete',
        versionId: 'null',
      });
    });

    test('a repeated event applies nothing', () => {
      const again = { ...lateDelete, duplicate: true };
      expect(after([again], null, present('old', null), ours).action).toEqual({ do: 'nothing' });
    });

    test('an object that Ceph takes only in parts is kept in quarantine', () => {
      const huge: SourceState = { etag: 'new', size: 5 * 1024 ** 3 + 1 };
      expect(after([latePut], huge, overwritten, ours).action).toEqual({ do: 'quarantine', position: 1n });
    });
  });

  test('a key that never existed is applied', () => {
    expect(after([put], onSource, absent, none)).toEqual({
      action: { do: 'apply' },
      retire: [{ position: 1n, outcome: 'applied' }],
      conflicts: [],
    });
  });

  test('any other put is a conflict, a delete marker counting as existence', () => {
    const marker = { entries: 1, hasSource: false, etags: [], intruder: null, ours: false };
    for (const [target, history] of [
      [present('old', ['etag']), some],
      [absent, marker],
    ] as const) {
      expect(after([put], onSource, target, history)).toEqual({
        action: { do: 'quarantine', position: 1n },
        retire: [{ position: 1n, outcome: 'conflict' }],
        conflicts: [{ position: 1n, kind: 'put', reason: REASONS.overwritten }],
      });
    }
  });

  test('of several puts the one that wrote what S3 has is judged; the bytes of the others are gone', () => {
    const operations = [
      operation({ position: 1n, etag: 'first', sequencer: '3' }),
      operation({ position: 2n, etag: 'new', sequencer: '4' }),
      operation({ position: 3n, etag: 'second', sequencer: '2' }),
    ];
    expect(after(operations, onSource, absent, none).retire).toEqual([
      { position: 1n, outcome: 'superseded' },
      { position: 2n, outcome: 'applied' },
      { position: 3n, outcome: 'superseded' },
    ]);
  });

  test('where no ETag says which wrote it, the latest by sequencer is judged', () => {
    const operations = [
      operation({ position: 1n, etag: null, sequencer: '9' }),
      operation({ position: 2n, etag: null, sequencer: '5' }),
    ];
    expect(after(operations, onSource, absent, none).retire).toEqual([
      { position: 1n, outcome: 'applied' },
      { position: 2n, outcome: 'superseded' },
    ]);
  });

  test('bytes that left S3 before they could be read are reported, unless Ceph has them or a delete took them', () => {
    expect(after([put], null, present('old', null))).toEqual({
      action: { do: 'nothing' },
      retire: [{ position: 1n, outcome: 'conflict' }],
      conflicts: [{ position: 1n, kind: 'put', reason: REASONS.gone }],
    });
    expect(after([put], null, present('new', null)).retire).toEqual([{ position: 1n, outcome: 'equal' }]);
    expect(after([{ ...put, etag: 'x' }], null, present('old', null)).retire).toEqual([
      { position: 1n, outcome: 'superseded' },
    ]);
    const later = { ...removed, position: 2n, sequencer: '0002' };
    expect(after([put, later], null, absent, none)).toEqual({
      action: { do: 'nothing' },
      retire: [
        { position: 1n, outcome: 'superseded' },
        { position: 2n, outcome: 'equal' },
      ],
      conflicts: [],
    });
    const earlier = { ...removed, position: 2n, sequencer: '0000' };
    expect(after([put, earlier], null, absent, none).conflicts).toMatchObject([{ reason: REASONS.gone }]);
  });

  test('what replay wrote over a delete marker is taken back first', () => {
    const history = { entries: 2, hasSource: true, etags: ['new'], intruder: 'version-9', ours: false };
    expect(after([put], onSource, present('new', []), history)).toEqual({
      action: { do: 'withdraw', versionId: 'version-9' },
      retire: [],
      conflicts: [],
    });
  });
});

describe('in every situation', () => {
  const etag = fc.constantFrom('a', 'b', 'c');
  const anyOperation = fc.record({
    kind: fc.constantFrom('put', 'delete', 'expire', 'canary'),
    eventName: fc.constantFrom('ObjectCreated:Put', 'ObjectTagging:Put', 'ObjectRemoved:Delete'),
    sequencer: fc.option(fc.constantFrom('1', '2', '3')),
    etag: fc.option(etag),
    duplicate: fc.boolean(),
    preHold: fc.boolean(),
  });
  const anySituation: fc.Arbitrary<Situation> = fc
    .record({
      writesGoTo: fc.constantFrom('source', 'target'),
      operations: fc
        .array(anyOperation, { minLength: 1, maxLength: 6 })
        .map((all) => all.map((one, index) => ({ ...one, position: BigInt(index + 1) }))),
      source: fc.option(fc.record({ etag, size: fc.nat() })),
      current: fc.option(fc.record({ etag })),
      differs: fc.subarray(['etag', 'size', 'tags']),
      history: fc.record({
        entries: fc.nat(3),
        hasSource: fc.boolean(),
        etags: fc.array(etag),
        intruder: fc.option(fc.constant('v')),
        ours: fc.boolean(),
      }),
    })
    .map(({ current, differs, history, ...rest }) => {
      const exists = current !== null || history.entries > 0 || history.hasSource || history.etags.length > 0;
      return {
        ...rest,
        target: { current, differs: current === null || rest.source === null ? null : differs },
        history: { ...history, entries: exists ? Math.max(history.entries, 1) : 0 },
      };
    });
  const check = (holds: (situation: Situation) => void) =>
    fc.assert(fc.property(anySituation, holds), { numRuns: 2000 });

  test('each operation is retired exactly once, unless there is more to do first', () => {
    check((situation) => {
      const { action, retire } = decide(situation);
      const expected = action.do === 'withdraw' ? [] : situation.operations.map(({ position }) => position);
      expect(retire.map(({ position }) => position)).toEqual(expected);
    });
  });

  test('a conflict is retired as one, and only reported ones are', () => {
    check((situation) => {
      const { retire, conflicts } = decide(situation);
      const retired = retire.filter(({ outcome }) => outcome === 'conflict').map(({ position }) => position);
      expect(conflicts.map(({ position }) => position)).toEqual(retired);
    });
  });

  test("after the turn only our own object is deleted or replaced, and only for a pre-hold operation; before it nothing is kept from S3's truth", () => {
    check((situation) => {
      const { action } = decide(situation);
      if (situation.writesGoTo === 'target') {
        expect(['nothing', 'apply', 'quarantine', 'withdraw', 'delete', 'replace']).toContain(action.do);
        if (action.do === 'delete' || action.do === 'replace') {
          expect(situation.history.ours).toBe(true);
          expect(situation.operations.some(({ preHold, duplicate }) => preHold && !duplicate)).toBe(true);
        }
        if (action.do === 'delete') {
          expect(situation.source).toBeNull();
          expect(action.versionId).toBe('null');
        }
        if (action.do === 'replace') expect(action.etag).toBe(situation.source?.etag);
        if (action.do === 'apply') expect(situation.history.entries).toBe(0);
        if (action.do === 'withdraw') expect(action.versionId).toBe(situation.history.intruder);
      } else {
        expect(['nothing', 'copy', 'delete']).toContain(action.do);
        if (action.do === 'delete') expect(situation.source).toBeNull();
        if (situation.source !== null && situation.target.differs?.length !== 0)
          expect(action.do).toBe('copy');
      }
    });
  });

  test('a lifecycle event deletes only before the turn, and what S3 does not have', () => {
    check((situation) => {
      const operations = situation.operations.map((one) => ({ ...one, kind: 'expire' as const }));
      const { action } = decide({ ...situation, operations });
      if (action.do === 'delete') expect([situation.writesGoTo, situation.source]).toEqual(['source', null]);
    });
  });
});
