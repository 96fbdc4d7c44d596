import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import type { AwsSettings } from '../../../infra/settings/aws.ts';
import { settingsOf } from '../../../scripts/tools/cost/page.ts';
import { hoursOf, limits, nodesOf } from '../../../scripts/tools/scale/copy.ts';
import { FIGURES, figure } from '../../../scripts/tools/scale/figures.ts';
import { rooms } from '../../../scripts/tools/scale/room.ts';
import { SCALE_PAGE, scalePage } from '../../../scripts/tools/scale/page.ts';
import { time } from '../../../scripts/tools/scale/text.ts';

let prod: AwsSettings;
beforeAll(async () => {
  prod = await settingsOf('prod');
});

it('docs/scale.md is what `npm run docs` writes from the checkout’s stack', async () => {
  expect(await readFile(SCALE_PAGE, 'utf8')).toBe(await scalePage());
});

it.each(FIGURES)('the figure $name has a number, and a source or the reason why it is assumed', (each) => {
  expect(figure(each.name)).toBeGreaterThan(0);
  expect(each.from).toMatch(/^(\[.+\]\(https:.+\)|measured: .+|what was asked for|\*\*assumed\*\*: .+)/);
});

it('a figure is read in its unit: bytes, seconds, times a second', () => {
  expect(figure('bytes')).toBe(204_800 * 2 ** 30);
  expect(figure('workerProcessor')).toBeCloseTo(0.0005, 12);
  expect(figure('writesPerFlash')).toBe(10_000);
});

describe('the copy', () => {
  const limitOf = (settings: AwsSettings, workers: number, what: string) =>
    limits(settings, workers).find((limit) => limit.what === what)?.objectsPerSecond;
  const withCold = (count: number): AwsSettings => ({
    ...prod,
    ceph: {
      ...prod.ceph,
      images: {
        ...prod.ceph.images,
        nodeGroups: prod.ceph.images.nodeGroups.map((group) =>
          group.roles.includes('cold') ? { ...group, count } : group,
        ),
      },
    },
  });

  it('of one worker is bound by what it has under way: 32 objects, each 0.2 s on its way', () => {
    const { hours, limit } = hoursOf(prod, 1);
    expect(limit.what).toBe('Workers: objects in flight');
    expect(limit.objectsPerSecond).toBeCloseTo(32 / 0.2, 9);
    expect(hours).toBeCloseTo(600e6 / 160 / 3600, 6);
  });

  it('of many is bound by hard disks: two random writes for each of six chunks', () => {
    const { limit } = hoursOf(prod, 100);
    expect(limit.what).toBe('Cold pool: hard disks');
    expect(limit.objectsPerSecond).toBeCloseTo((48 * 100) / 12, 9);
    expect(hoursOf(withCold(24), 100).limit.objectsPerSecond).toBeCloseTo(800, 9);
  });

  it('never takes longer with more workers, and ends up at what does not depend on them', () => {
    const hours = [1, 2, 3, 5, 10, 20, 50, 100, 1000].map((workers) => hoursOf(prod, workers).hours);
    expect(hours).toEqual(hours.toSorted((a, b) => b - a));
    expect(hours.at(-1)).toBe(hours.at(-2));
  });

  it('has no more nodes than the settings allow, and their network is shared', () => {
    const bytes = (204_800 * 2 ** 30) / 600e6;
    const ofNode = 6.25e9 / 8 / bytes;
    expect(limitOf(prod, 1, 'Network')).toBeCloseTo(ofNode, 6);
    expect(limitOf(prod, 3, 'Network')).toBeCloseTo(3 * ofNode, 6);
    expect([1, 13, 100].map((workers) => nodesOf(prod, workers))).toEqual([1, 13, 13]);
  });

  it('of many workers passes no network faster than the gateways’', () => {
    expect(limitOf(prod, 100, 'Network')).toBeCloseTo(30e9 / 8 / ((204_800 * 2 ** 30) / 600e6), 6);
  });

  it('without a cold pool is not bound by one', async () => {
    const dev = await settingsOf('dev');
    expect(limits(dev, 2).map(({ what }) => what)).not.toContain('Cold pool: hard disks');
  });
});

it('what the copy takes of the disks, by hand', () => {
  const shares = Object.fromEntries(rooms(prod).map(({ what, share }) => [what, share]));
  expect(shares['Cold pool']).toBeCloseTo((204_800 * 2 ** 30 * 2) / (48 * 13.98e12), 9);
  expect(shares['Indexes']).toBeCloseTo((600e6 * 250) / 225e9, 9);
  expect(shares['Heads of objects']).toBeCloseTo((600e6 * 2000) / 7.5e12, 9);
});

it.each([
  [20, '1 min'],
  [900, '15 min'],
  [90 * 60, '2 h'],
  [65 * 3600, '65 h'],
  [100 * 3600, '4 days'],
])('%i s are shown as %s', (seconds, text) => {
  expect(time(seconds)).toBe(text);
});
