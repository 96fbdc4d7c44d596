import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  erasureMinSize,
  erasureRule,
  replicatedMinSize,
  replicatedRule,
  ruleText,
  survivesZone,
  type CrushRule,
  type FailureDomain,
} from '../../../../../infra/storage/ceph/plan/crush.ts';
import { ZONES } from '../../../../support/ceph-plan.ts';
import { ensureTestPackages } from '../../../../support/packages.ts';

/** Installing takes minutes, once. */
beforeAll(ensureTestPackages, 600_000);

/** Ceph's own tools place groups on a map of our hosts and rules; then a zone goes. */

const HOSTS_PER_ZONE = 3;
const OSDS_PER_HOST = 2;
const OSDS = ZONES.length * HOSTS_PER_ZONE * OSDS_PER_HOST;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'crush-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const zoneOf = (osd: number) => Math.floor(osd / (HOSTS_PER_ZONE * OSDS_PER_HOST));
const hostOf = (osd: number) => Math.floor(osd / OSDS_PER_HOST);

/** The map that the hosts' `location` makes, with one device class. */
function mapText(rule: CrushRule, deviceClass: string): string {
  const lines = [
    'tunable choose_total_tries 50',
    'tunable chooseleaf_vary_r 1',
    'tunable chooseleaf_stable 1',
    'tunable straw_calc_version 1',
    ...Array.from({ length: OSDS }, (_, osd) => `device ${osd} osd.${osd} class ${deviceClass}`),
    'type 0 osd',
    'type 1 host',
    'type 9 zone',
    'type 11 root',
  ];
  let id = 0;
  const bucket = (type: string, name: string, items: string[]) => {
    id -= 1;
    lines.push(`${type} ${name} {`, `id ${id}`, 'alg straw2', 'hash 0');
    lines.push(...items.map((item) => `item ${item} weight 1`), '}');
    return name;
  };
  const zones = ZONES.map((zone, place) => {
    const hosts = Array.from({ length: HOSTS_PER_ZONE }, (_, index) => {
      const host = place * HOSTS_PER_ZONE + index;
      const osds = Array.from({ length: OSDS_PER_HOST }, (__, disk) => `osd.${host * OSDS_PER_HOST + disk}`);
      return bucket('host', `host-${host}`, osds);
    });
    return bucket('zone', zone, hosts);
  });
  bucket('root', 'default', zones);
  // The tools here are of release 16, which wants the two sizes.
  const text = ruleText(rule, 0).replace(/(\ttype \w+\n)/, '$1\tmin_size 1\n\tmax_size 20\n');
  return `${lines.join('\n')}\n${text}`;
}

/** OSDs of each of 512 groups. */
async function placed(rule: CrushRule, size: number, deviceClass: string): Promise<number[][]> {
  const source = path.join(folder, `${rule.name}-${size}.txt`);
  const map = source.replace('.txt', '.map');
  await writeFile(source, mapText(rule, deviceClass));
  await execa('crushtool', ['-c', source, '-o', map]);
  const { stdout, stderr } = await execa('crushtool', [
    '-i', map, '--test', '--rule', '0', '--num-rep', String(size),
    '--min-x', '0', '--max-x', '511', '--show-mappings', '--show-bad-mappings',
  ]); // prettier-ignore
  const text = `${stdout}\n${stderr}`;
  expect(text).not.toContain('bad mapping');
  return [...text.matchAll(/CRUSH rule 0 x \d+ \[([\d,]+)\]/g)].map(([, list = '']) =>
    list.split(',').map(Number),
  );
}

/** Whether each group still has `minSize` members when the OSDs of a zone are gone. */
function goesOnWithout(groups: number[][], zone: number, minSize: number): boolean {
  return groups.every((osds) => osds.filter((osd) => zoneOf(osd) !== zone).length >= minSize);
}

describe('erasure-coded over three zones', () => {
  test.each([
    [3, 3],
    [5, 4],
  ])('%d+%d goes on when any zone is lost', async (dataChunks, codingChunks) => {
    const profile = { dataChunks, codingChunks };
    const groups = await placed(erasureRule(profile, 'zone', 3), dataChunks + codingChunks, 'cold');
    expect(groups).toHaveLength(512);
    for (const osds of groups) expect(new Set(osds.map(hostOf)).size).toBe(dataChunks + codingChunks);
    for (const zone of [0, 1, 2]) expect(goesOnWithout(groups, zone, erasureMinSize(profile))).toBe(true);
    expect(survivesZone(profile, 3)).toBe(true);
  });

  test('4+2 does not: four chunks are left where five are needed to write', async () => {
    const profile = { dataChunks: 4, codingChunks: 2 };
    const groups = await placed(erasureRule(profile, 'zone', 3), 6, 'cold');
    expect(goesOnWithout(groups, 0, erasureMinSize(profile))).toBe(false);
    // It could still be read: the data is not lost.
    expect(goesOnWithout(groups, 0, 4)).toBe(true);
    expect(survivesZone(profile, 3)).toBe(false);
  });
});

describe('replicated', () => {
  test.each([['zone'], ['host']] as [FailureDomain][])(
    'three copies by %s: none shares one',
    async (domain) => {
      const groups = await placed(replicatedRule('hot', domain), 3, 'hot');
      const placeOf = domain === 'zone' ? zoneOf : hostOf;
      for (const osds of groups) expect(new Set(osds.map(placeOf)).size).toBe(3);
    },
  );

  test('goes on when a zone is lost, with two copies', async () => {
    const groups = await placed(replicatedRule('hottest', 'zone'), 3, 'hottest');
    for (const zone of [0, 1, 2]) expect(goesOnWithout(groups, zone, replicatedMinSize(3))).toBe(true);
  });

  test('by host alone does not: copies may share a zone', async () => {
    const groups = await placed(replicatedRule('hot', 'host'), 3, 'hot');
    expect(goesOnWithout(groups, 0, replicatedMinSize(3))).toBe(false);
  });
});
