import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { cephHosts, type CephHosts } from '../../support/ceph-host.ts';
import { FULL, planOf } from '../../support/ceph-plan.ts';

/** The guard of founding: one cluster, whichever host is replaced or killed. The hosts' scripts run as they are. */

const plan = planOf(FULL);
const FSID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

let hosts: CephHosts;
beforeEach(async () => {
  hosts = await cephHosts();
});
afterEach(() => hosts.remove());

const record = () => hosts.aws.read('parameter', '/storage/prod/ceph/images/fsid');
const bootstraps = (calls: string[][]) => calls.filter((call) => call.includes('bootstrap'));

describe('founding', () => {
  test('records the cluster before it is founded, and its key afterwards', async () => {
    const seed = await hosts.host('monitor-0', 'i-0aaa', plan);
    const { exitCode, all } = await seed.step('found');
    expect(exitCode, all).toBe(0);
    const [fsid = '', founder, state] = (await record()).split(' ');
    expect(fsid).toMatch(FSID);
    expect([founder, state]).toEqual(['i-0aaa', 'founded']);
    expect(bootstraps(await seed.cephadm())).toEqual([
      [
        '--image', plan.images.ceph, 'bootstrap', '--fsid', fsid, '--mon-ip', '10.20.192.10',
        '--ssh-user', 'cephadm', '--skip-pull', '--skip-dashboard', '--skip-monitoring-stack',
        '--skip-firewalld', '--allow-overwrite',
      ],
    ]); // prettier-ignore
    expect(await hosts.aws.read('parameter', '/storage/prod/ceph/images/ssh-public-key')).toMatch(
      /^ssh-ed25519 /,
    );
    const puts = (await hosts.aws.calls()).filter((call) => call[1] === 'put-parameter');
    expect(puts[0]).toEqual(expect.arrayContaining(['--no-overwrite', `${fsid} i-0aaa founding`]));
  });

  test('is not done again', async () => {
    const seed = await hosts.host('monitor-0', 'i-0aaa', plan);
    await seed.step('found');
    const before = await record();
    expect((await seed.step('found')).exitCode).toBe(0);
    expect(bootstraps(await seed.cephadm())).toHaveLength(1);
    expect(await record()).toBe(before);
  });

  test('is done by the first monitor only', async () => {
    const other = await hosts.host('monitor-1', 'i-0bbb', plan);
    const { exitCode, all } = await other.step('found');
    expect(exitCode).toBe(75);
    expect(all).toContain('this is not its seed');
    expect(await other.clusters()).toEqual([]);
    await expect(record()).rejects.toThrow('ENOENT');
  });

  test('is done once by two that begin at the same moment', async () => {
    const one = await hosts.host('monitor-0', 'i-0aaa', plan);
    const two = await hosts.host('monitor-0', 'i-0bbb', plan);
    const ends = await Promise.all([one.step('found'), two.step('found')]);
    expect(ends.filter(({ exitCode }) => exitCode === 0)).toHaveLength(1);
    expect([...(await one.clusters()), ...(await two.clusters())]).toHaveLength(1);
  });
});

describe('a first monitor that was replaced', () => {
  test('founds no second cluster', async () => {
    await (await hosts.host('monitor-0', 'i-0aaa', plan)).step('found');
    const before = await record();
    const replaced = await hosts.host('monitor-0', 'i-0bbb', plan);
    const { exitCode, all } = await replaced.step('found');
    expect(exitCode).toBe(75);
    expect(all).toContain(`This host is no member of the cluster ${before.split(' ')[0] ?? ''} yet.`);
    expect(await replaced.clusters()).toEqual([]);
    expect(await replaced.cephadm()).toEqual([]);
    expect(await record()).toBe(before);
  });

  test('does not take over what another began: nobody knows whether that one lives', async () => {
    const first = await hosts.host('monitor-0', 'i-0aaa', plan);
    await writeFile(first.file('dies-in-bootstrap'), '');
    await first.step('found');
    const replaced = await hosts.host('monitor-0', 'i-0bbb', plan);
    const { exitCode, all } = await replaced.step('found');
    expect(exitCode).toBe(1);
    expect(all).toMatch(
      /was begun on i-0aaa and never finished; this is i-0bbb\..*aws ssm delete-parameter --name/,
    );
    expect(await replaced.clusters()).toEqual([]);
  });
});

describe('killed', () => {
  test('in the middle of founding, it goes on with the same cluster and leaves no half of one', async () => {
    const seed = await hosts.host('monitor-0', 'i-0aaa', plan);
    await writeFile(seed.file('dies-in-bootstrap'), '');
    expect((await seed.step('found')).exitCode).not.toBe(0);
    const [fsid = '', , state] = (await record()).split(' ');
    expect(state).toBe('founding');
    expect(await seed.clusters()).toEqual([fsid]);

    const { exitCode, all } = await seed.step('found');
    expect(exitCode, all).toBe(0);
    expect(
      (await seed.cephadm()).map((call) => call.find((word) => /bootstrap|rm-cluster/.test(word))),
    ).toEqual(['bootstrap', 'rm-cluster', 'bootstrap', undefined]);
    expect(await seed.clusters()).toEqual([fsid]);
    expect(await record()).toBe(`${fsid} i-0aaa founded`);
  });

  test('between founding and the record of it, it records what it had founded', async () => {
    const seed = await hosts.host('monitor-0', 'i-0aaa', plan);
    await seed.step('found');
    const [fsid = ''] = (await record()).split(' ');
    const parameter = path.join(hosts.aws.folder, 'parameter%storage%prod%ceph%images%fsid');
    await writeFile(parameter, `${fsid} i-0aaa founding`);
    expect((await seed.step('found')).exitCode).toBe(0);
    // The host knows that it had finished.
    expect(bootstraps(await seed.cephadm())).toHaveLength(1);
    expect(await record()).toBe(`${fsid} i-0aaa founded`);
  });
});

describe('in doubt', () => {
  test('a parameter store that does not answer is no empty one', async () => {
    const seed = await hosts.host('monitor-0', 'i-0aaa', plan);
    await writeFile(path.join(hosts.aws.folder, 'out-of-reach'), '');
    const { exitCode, all } = await seed.step('found');
    expect(exitCode).toBe(1);
    expect(all).toContain('cannot be read: An error occurred (EndpointConnectionError)');
    expect(await seed.clusters()).toEqual([]);
  });

  test('a host with data of a cluster and no record of it founds none', async () => {
    const seed = await hosts.host('monitor-0', 'i-0aaa', plan);
    await seed.step('found');
    const [fsid = ''] = (await record()).split(' ');
    await rm(path.join(hosts.aws.folder, 'parameter%storage%prod%ceph%images%fsid'));
    const { exitCode, all } = await seed.step('found');
    expect(exitCode).toBe(1);
    expect(all).toMatch(
      new RegExp(`has data of the cluster ${fsid}, of which there is no record.*Nothing is founded`),
    );
    expect(bootstraps(await seed.cephadm())).toHaveLength(1);
  });
});

test('keys are in Secrets Manager before any command knows them, and are the same in the next run', async () => {
  const seed = await hosts.host('monitor-0', 'i-0aaa', plan);
  await seed.step('found');
  // There is no cluster here, so the part that makes the users fails: keys were kept before.
  expect((await seed.step('users')).exitCode).toBe(1);
  const first = await hosts.aws.read('secret', 'storage-prod/ceph/images/applications');
  expect(JSON.parse(first)).toEqual({
    accessKeyId: expect.stringMatching(/^[0-9A-F]{20}$/) as string,
    secretAccessKey: expect.stringMatching(/^[0-9a-f]{40}$/) as string,
  });
  await seed.step('users');
  expect(await hosts.aws.read('secret', 'storage-prod/ceph/images/applications')).toBe(first);
});
