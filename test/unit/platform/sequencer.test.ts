import fc from 'fast-check';
import { expect, test } from 'vitest';
import { normaliseSequencer } from '../../../scripts/platform/notifications/sequencer.ts';

test("Ceph's are bytes of two little-endian numbers: as they come, the later one sorts first", () => {
  const [created, deleted] = ['264F016BAFACEC1A', '264F016B1ABA7F1C']; // 07:58:30.448134, .478132
  expect(created > deleted).toBe(true);
  expect(normaliseSequencer('ceph:s3', created)).toBe('6B014F261AECACAF');
  expect(normaliseSequencer('ceph:s3', deleted)).toBe('6B014F261C7FBA1A');
});

test("Ceph's order is the order of the clock", () => {
  const time = fc.record({ seconds: fc.nat(0xffffffff), nanoseconds: fc.nat(999_999_999) });
  const write = ({ seconds, nanoseconds }: { seconds: number; nanoseconds: number }) => {
    const memory = Buffer.alloc(8);
    memory.writeUInt32LE(seconds, 0);
    memory.writeUInt32LE(nanoseconds, 4);
    return normaliseSequencer('ceph:s3', memory.toString('hex')) ?? '';
  };
  fc.assert(
    fc.property(time, time, (a, b) => {
      const later = a.seconds === b.seconds ? a.nanoseconds > b.nanoseconds : a.seconds > b.seconds;
      expect(write(a) > write(b)).toBe(later);
    }),
  );
});

test("Amazon's shorter one is continued with zeros", () => {
  const normal = (text: string) => normaliseSequencer('aws:s3', text) ?? '';
  expect(normal('00A1') < normal('00A1B2')).toBe(true);
  expect(normal('00A2') > normal('00A1B2')).toBe(true);
  expect(normal('00a1')).toBe(normal('00A100'));
});

test('an unknown form is no order', () => {
  expect(normaliseSequencer('ceph:s3', undefined)).toBeUndefined();
  expect(normaliseSequencer('ceph:s3', '264F016BAFACEC')).toBeUndefined();
  expect(normaliseSequencer('aws:s3', 'not hex')).toBeUndefined();
  expect(normaliseSequencer('aws:s3', 'A'.repeat(49))).toBeUndefined();
});
