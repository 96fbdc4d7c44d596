import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { setTimeout as sleep } from 'node:timers/promises';
import { transaction } from '../../../scripts/ledger/connect.ts';
import type { Pool } from '../../../scripts/ledger/database.ts';
import {
  beginHold,
  callOff,
  commitTurn,
  endHold,
  lastHold,
  openHold,
} from '../../../scripts/ledger/holds.ts';
import { readPreHold } from '../../../scripts/ledger/pre-hold.ts';
import { takeLock } from '../../../scripts/ledger/locks.ts';
import { readMove } from '../../../scripts/ledger/move.ts';
import { realServices } from '../../support/real.ts';

describe('a hold in the ledger', () => {
  let ledger: Pool;

  beforeAll(async () => {
    ({ ledger } = await (await realServices()).scratch('holds'));
  });
  beforeEach(() =>
    ledger.query(`TRUNCATE hold; UPDATE move SET epoch = 1, writes_go_to = 'source', cutover_at = NULL`),
  );
  afterAll(() => ledger.end());

  const eventsBefore = new Map([['images', new Date('2026-01-01T00:00:00.123Z')]]);
  const turn = (id: bigint, late = { eventsBefore, windowSeconds: 900 }) =>
    transaction(ledger, (client) => commitTurn(client, id, late));

  it('turns the move and raises the epoch in one transaction', async () => {
    const id = await beginHold(ledger, 'to-target', 60);
    expect(await turn(id)).toBe(true);
    expect(await readMove(ledger)).toMatchObject({ epoch: 2n, writesGoTo: 'target' });
    expect((await readMove(ledger)).cutoverAt).toBeInstanceOf(Date);
    expect(await openHold(ledger)).toMatchObject({ id, state: 'turned' });
    await endHold(ledger, id, { why: 'test' });
    expect(await openHold(ledger)).toBeNull();
  });

  it('says with the turn which events are pre-hold; a turn back forgets it', async () => {
    await turn(await beginHold(ledger, 'to-target', 60));
    const { rows } = await ledger.query<{ turnedAt: Date }>('SELECT turned_at AS "turnedAt" FROM hold');
    const window = await readPreHold(ledger, 'images');
    expect(window?.eventsBefore).toEqual(eventsBefore.get('images'));
    const seconds = (window!.receivedUntil.getTime() - rows[0]!.turnedAt.getTime()) / 1000;
    expect(seconds).toBeGreaterThanOrEqual(900);
    expect(seconds).toBeLessThan(901);
    expect(await readPreHold(ledger, 'metadata')).toBeNull();
    await ledger.query(`UPDATE hold SET state = 'done'`);
    await turn(await beginHold(ledger, 'to-source', 60), { eventsBefore: new Map(), windowSeconds: 900 });
    expect(await readPreHold(ledger, 'images')).toBeNull();
  });

  it('is either turned or called off, whichever comes first', async () => {
    const first = await beginHold(ledger, 'to-target', 60);
    const [turned, calledOff] = await Promise.all([turn(first), callOff(ledger, first, 'given up')]);
    expect([turned, calledOff].filter(Boolean)).toHaveLength(1);
    expect((await readMove(ledger)).writesGoTo).toBe(turned ? 'target' : 'source');
  });

  it('does not turn any more once it was called off', async () => {
    const id = await beginHold(ledger, 'to-target', 60);
    expect(await callOff(ledger, id, 'given up')).toBe(true);
    expect(await turn(id)).toBe(false);
    expect(await readMove(ledger)).toMatchObject({ epoch: 1n, writesGoTo: 'source' });
    expect(await lastHold(ledger)).toMatchObject({ state: 'called-off', reason: 'given up' });
  });

  it('does not turn past its limit, by the clock of the ledger', async () => {
    const id = await beginHold(ledger, 'to-target', 0.05);
    await sleep(100);
    expect(await turn(id)).toBe(false);
  });

  it('is the only one: a second cannot begin while one is open', async () => {
    await beginHold(ledger, 'to-target', 60);
    await expect(beginHold(ledger, 'to-target', 60)).rejects.toThrow('hold_only_one_open');
  });

  it('takes the move back to the source and forgets the cutover', async () => {
    await turn(await beginHold(ledger, 'to-target', 60));
    await ledger.query(`UPDATE hold SET state = 'done'`);
    expect(await turn(await beginHold(ledger, 'to-source', 60))).toBe(true);
    expect(await readMove(ledger)).toMatchObject({ epoch: 3n, writesGoTo: 'source', cutoverAt: null });
  });
});

describe('the lock of a step', () => {
  let ledger: Pool;

  beforeAll(async () => {
    ({ ledger } = await (await realServices()).scratch('locks'));
  });
  afterAll(() => ledger.end());

  it('is held by one, and free again when it is released', async () => {
    const first = await takeLock(ledger, 'step', { wait: false });
    expect(first).not.toBeNull();
    expect(await takeLock(ledger, 'step', { wait: false })).toBeNull();
    let waitedFor = '';
    const second = takeLock(ledger, 'step', { wait: true, onWait: (holder) => (waitedFor = holder) });
    await expect.poll(() => waitedFor).not.toBe('');
    first?.release();
    (await second)?.release();
  });

  it('says that it is lost when the connection breaks', async () => {
    const lock = await takeLock(ledger, 'hold', { wait: false });
    lock?.assertHeld();
    await ledger.query(
      `SELECT pg_terminate_backend(l.pid) FROM pg_locks l WHERE l.locktype = 'advisory' AND l.pid <> pg_backend_pid()`,
    );
    await expect.poll(() => lost(lock)).toBe(true);
    lock?.release();
  });
});

function lost(lock: { assertHeld(): void } | null): boolean {
  try {
    lock?.assertHeld();
    return false;
  } catch {
    return true;
  }
}
