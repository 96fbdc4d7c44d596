import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { clusterIdentity } from '../../../../scripts/local/parts/ceph-identity.ts';
import { credentialsOf } from '../../../../scripts/local/parts/credentials.ts';
import { takeDown } from '../../../../scripts/local/parts/down.ts';
import { claimHome, isOurs, once } from '../../../../scripts/local/parts/home.ts';
import { homeAt } from '../../../../scripts/contract/local/home-paths.ts';
import { writeFileAtomic } from '../../../../scripts/platform/write-file.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'home-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const mode = async (file: string) => ((await stat(file)).mode & 0o777).toString(8);

describe('a home', () => {
  it('is claimed, with folders as closed as they can be', async () => {
    const home = await claimHome(path.join(folder, 'new'));
    expect(await isOurs(home.folder)).toBe(true);
    expect(await mode(home.folder)).toBe('711');
    expect(await mode(home.credentials)).toBe('700');
    await claimHome(home.folder);
  });

  it('may hold what comes before it', async () => {
    await mkdir(path.join(folder, 'pulumi'));
    expect((await claimHome(folder)).folder).toBe(folder);
  });

  it('is never somebody else’s folder', async () => {
    await writeFile(path.join(folder, 'thesis.tex'), 'x');
    await expect(claimHome(folder)).rejects.toThrow(
      `${folder} is not empty and is not ours (it holds thesis.tex).`,
    );
    expect(await readdir(folder)).toEqual(['thesis.tex']);
  });

  it.each([
    ['relative', 'must be an absolute path'],
    [`/tmp/${'x'.repeat(60)}`, 'choose a path of at most 60 characters'],
    ['/tmp/a b', 'without blanks'],
  ])('%s is refused', async (given, reason) => {
    await expect(claimHome(given)).rejects.toThrow(reason);
  });
});

describe('taking down', () => {
  it('removes nothing that is not ours', async () => {
    await writeFile(path.join(folder, 'thesis.tex'), 'x');
    await expect(takeDown(folder, { log: () => undefined })).rejects.toThrow(
      `${folder} was not made by npm run local (it does not carry its mark); nothing was removed.`,
    );
    expect(await readdir(folder)).toEqual(['thesis.tex']);
  });

  it('removes a home, and is content where there is none', async () => {
    const home = await claimHome(path.join(folder, 'h'));
    await takeDown(home.folder, { log: () => undefined });
    expect(existsSync(home.folder)).toBe(false);
    const said: string[] = [];
    await takeDown(home.folder, { log: (line) => said.push(line) });
    expect(said).toEqual([`Nothing to remove: there is no ${home.folder}.`]);
  });
});

describe('files', () => {
  it('are written whole, and only where they change', async () => {
    const file = path.join(folder, 'a');
    expect(await writeFileAtomic(file, 'x', { mode: 0o600 })).toBe(true);
    expect(await writeFileAtomic(file, 'x')).toBe(false);
    expect(await mode(file)).toBe('600');
    expect(await readdir(folder)).toEqual(['a']);
  });

  it('note what was done once, and for what', async () => {
    const note = path.join(folder, 'done');
    let times = 0;
    const work = () => Promise.resolve(void (times += 1));
    await once(note, 'v1', work);
    await once(note, 'v1', work);
    expect(times).toBe(1);
    await once(note, 'v2', work);
    expect(times).toBe(2);
    await expect(once(note, 'v3', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await readFile(note, 'utf8')).toBe('v2');
  });
});

describe('keys', () => {
  it('of users are random, kept, and readable by their owner alone', async () => {
    const home = homeAt(folder);
    await mkdir(home.credentials);
    const first = await credentialsOf(home, 'images', ['admin']);
    const second = await credentialsOf(home, 'images', ['admin', 'applications']);
    expect(second.admin).toEqual(first.admin);
    expect(second.applications).not.toEqual(second.admin);
    expect(await mode(path.join(home.credentials, 'images.json'))).toBe('600');
  });

  it('of a cluster are kept, and a damaged file is never replaced', async () => {
    const file = path.join(folder, 'identity.json');
    const first = await clusterIdentity(file, { principals: ['mon.'], osds: 1 });
    const second = await clusterIdentity(file, { principals: ['mon.', 'osd.0'], osds: 2 });
    expect(second.clusterId).toBe(first.clusterId);
    expect(second.keys['mon.']).toBe(first.keys['mon.']);
    expect(second.osds).toEqual([first.osds[0], expect.any(String)]);
    expect(await mode(file)).toBe('600');
    await writeFile(file, '{"clusterId": 1}');
    await expect(clusterIdentity(file, { principals: [], osds: 1 })).rejects.toThrow('is damaged');
    await writeFile(file, '{"clus');
    await expect(clusterIdentity(file, { principals: [], osds: 1 })).rejects.toThrow('is damaged');
  });
});
