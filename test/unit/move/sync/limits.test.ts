import { describe, expect, it } from 'vitest';
import { limitsAt, parseLimits } from '../../../../scripts/move/sync/limits.ts';
import { TokenBucket } from '../../../../scripts/move/sync/token-bucket.ts';

describe('limits', () => {
  it('are read from text', () => {
    expect(parseLimits('50MB/s@08:00-20:00, 1.5GiB/s,1000req/s')).toEqual([
      { unit: 'bytes', perSecond: 50e6, window: { from: 480, to: 1200 } },
      { unit: 'bytes', perSecond: 1.5 * 2 ** 30 },
      { unit: 'requests', perSecond: 1000 },
    ]);
    expect(parseLimits('none')).toEqual([]);
    expect(parseLimits('')).toEqual([]);
  });

  it.each([
    '50',
    '50MB',
    '50 MB/s',
    '0MB/s',
    '-5MB/s',
    '50mb/s',
    '5MB/s@8:00-20:00',
    '5MB/s@08:00-25:00',
    '5MB/s@08:60-20:00',
    '5MB/s@08:00-08:00',
    '5MB/s@24:00-08:00',
  ])('are not "%s"', (text) => {
    expect(() => parseLimits(text)).toThrow(`"${text}" is no limit; it should be`);
  });

  const at = (time: string) => new Date(`2026-05-05T${time}:00Z`);

  it('hold in their window, the end exclusive, past midnight too', () => {
    const day = parseLimits('50MB/s@08:00-20:00');
    const night = parseLimits('10req/s@22:00-06:00');
    const seen = ['07:59', '08:00', '19:59', '20:00', '22:00', '00:00', '05:59', '06:00'].map((time) => [
      limitsAt(day, at(time)).bytes,
      limitsAt(night, at(time)).requests,
    ]);
    expect(seen).toEqual([
      [Infinity, Infinity],
      [50e6, Infinity],
      [50e6, Infinity],
      [Infinity, Infinity],
      [Infinity, 10],
      [Infinity, 10],
      [Infinity, 10],
      [Infinity, Infinity],
    ]);
  });

  it('hold to the end of the day', () => {
    const evening = parseLimits('1B/s@20:00-24:00');
    expect([limitsAt(evening, at('23:59')).bytes, limitsAt(evening, at('00:00')).bytes]).toEqual([
      1,
      Infinity,
    ]);
  });

  it('hold at their strictest', () => {
    const limits = parseLimits('200MB/s,50MB/s@08:00-20:00,80MB/s@07:00-21:00');
    expect(['06:00', '07:00', '12:00'].map((time) => limitsAt(limits, at(time)).bytes)).toEqual([
      200e6, 80e6, 50e6,
    ]);
  });
});

describe('a bucket of tokens', () => {
  it('spends no more than its rate over time, whatever the size of a piece', () => {
    let now = 0;
    const bucket = new TokenBucket(1000, () => now);
    let spent = 0;
    while (now < 10_000) {
      const wait = bucket.spend(700);
      if (wait > 0) now += wait;
      spent += 700;
    }
    expect(spent).toBeGreaterThan(9500);
    expect(spent).toBeLessThan(1000 * 10 + 250 + 2 * 700);
  });

  it('waits for the debt of earlier requests', () => {
    const bucket = new TokenBucket(1000, () => 0);
    expect([bucket.spend(250), bucket.spend(500), bucket.spend(500), bucket.spend(1)]).toEqual([
      0, 0, 500, 1000,
    ]);
  });

  it('saves no more than a quarter of a second', () => {
    let now = 0;
    const bucket = new TokenBucket(1000, () => now);
    now = 60_000;
    expect([bucket.spend(251), bucket.spend(1)]).toEqual([0, 1]);
  });

  it('waits for nothing without a rate, and takes on another at once', () => {
    let now = 0;
    const bucket = new TokenBucket(Infinity, () => now);
    expect([bucket.spend(1e12), bucket.spend(1)]).toEqual([0, 0]);
    bucket.rate = 100;
    expect([bucket.spend(100), bucket.spend(1)]).toEqual([0, 1000]);
    now = 1000;
    bucket.rate = Infinity;
    expect(bucket.spend(5)).toBe(0);
    bucket.rate = 100;
    now = 2000;
    expect(bucket.spend(5)).toBe(0);
  });
});
