import fc from 'fast-check';
import { expect, test } from 'vitest';
import { loginAnswer, readAnswer, RequestReader } from '../../../scripts/ledger/embedded-protocol.ts';

function message(type: string, body: string): Buffer {
  const head = Buffer.alloc(5);
  head.write(type, 'latin1');
  head.writeInt32BE(Buffer.byteLength(body) + 4, 1);
  return Buffer.concat([head, Buffer.from(body)]);
}

/** Without a type before its length: protocol 3.0, no parameters. */
const LOGIN = Buffer.from([0, 0, 0, 9, 0, 3, 0, 0, 0]);
const EXTENDED = [message('P', 'parse'), message('B', 'bind'), message('E', ''), message('S', '')];
const SIMPLE = message('Q', 'SELECT 1\0');

test('however a socket cuts them, requests come out whole and in batches that the backend answers', () => {
  const sent = Buffer.concat([LOGIN, ...EXTENDED, SIMPLE, message('X', '')]);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: sent.length - 1 })), (cuts) => {
      const reader = new RequestReader();
      const places = [0, ...[...new Set(cuts)].sort((a, b) => a - b), sent.length];
      const requests = places
        .slice(1)
        .flatMap((end, index) => [...reader.read(sent.subarray(places[index], end))]);
      expect(requests).toEqual([
        { kind: 'login' },
        { kind: 'batch', bytes: Buffer.concat(EXTENDED) },
        { kind: 'batch', bytes: SIMPLE },
        { kind: 'end' },
      ]);
    }),
  );
});

test('notifications are for every connection, the rest for the one that asked', () => {
  const [row, notification, ready] = [message('D', 'row'), message('A', 'told'), message('Z', 'T')];
  expect(readAnswer(Buffer.concat([row, notification, ready]))).toEqual({
    own: Buffer.concat([row, ready]),
    notifications: notification,
    idle: false,
    end: null,
  });
  expect(readAnswer(message('Z', 'I')).idle).toBe(true);
  // A transaction that failed is one until it is rolled back.
  expect(readAnswer(message('Z', 'E')).idle).toBe(false);
});

test('an error that the backend does not outlive is its end', () => {
  const error = (severity: string) => message('E', `S${severity}\0V${severity}\0C53100\0Mno room\0\0`);
  const ends = ['PANIC', 'FATAL', 'ERROR'].map((severity) => readAnswer(error(severity)).end);
  expect(ends).toEqual(['no room', 'no room', null]);
});

test('a login is answered with all that pg waits for', () => {
  const types: string[] = [];
  const answer = loginAnswer();
  for (let at = 0; at < answer.length; at += 1 + answer.readInt32BE(at + 1)) {
    types.push(answer.toString('latin1', at, at + 1));
  }
  expect(types).toEqual(['R', 'S', 'S', 'K', 'Z']);
});
