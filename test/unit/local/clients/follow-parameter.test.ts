import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  writeParameter,
  type Parameter,
} from '../../../../scripts/platform/applications-parameter/parameter.ts';
import { FollowedStore } from '../../../../scripts/local/clients/follow-parameter.ts';
import { exampleEnvironment } from '../../../support/example-environment.ts';

let folder: string;
let file: string;
beforeEach(async () => (folder = await mkdtemp(path.join(os.tmpdir(), 'storage-parameter-'))));
afterEach(() => rm(folder, { recursive: true }));

const environmentHere = (refreshSeconds: number) => {
  const environment = exampleEnvironment();
  file = path.join(folder, 'parameter.json');
  environment.parameter = { kind: 'file', file };
  environment.bounds.refreshSeconds = refreshSeconds;
  return environment;
};
const say = (
  environment: ReturnType<typeof environmentHere>,
  state: Parameter['state'],
  requestSeconds = 10,
) =>
  writeParameter(environment, {
    state,
    store: state === 'ceph' ? 'target' : 'source',
    epoch: 1n,
    requestSeconds,
  });

test('a mutation waits while the hold lasts and then goes to the store of now; reads go on', async () => {
  const environment = environmentHere(0.01);
  await say(environment, 'hold');
  const images = new FollowedStore(file, 'images', (store) => Promise.resolve(store.bucket));
  let mutated = false;
  const mutation = images.forMutation().then((turn) => {
    mutated = true;
    return turn;
  });
  expect(await images.forRead()).toMatchObject({ client: 'images-on-s3', state: 'hold' });
  expect(mutated).toBe(false);
  await say(environment, 'ceph');
  expect(await mutation).toMatchObject({ client: 'images-on-ceph', state: 'ceph' });
});

test('the deadline of requests may change while running', async () => {
  const environment = environmentHere(0.001);
  await say(environment, 's3', 10);
  const opened: number[] = [];
  const images = new FollowedStore(file, 'images', (_, requestSeconds) => {
    opened.push(requestSeconds);
    return Promise.resolve(requestSeconds);
  });
  expect(await images.forMutation()).toMatchObject({ client: 10, requestSeconds: 10 });
  await say(environment, 's3', 1.5);
  await expect.poll(async () => (await images.forMutation()).client).toBe(1.5);
  await images.forRead();
  expect(opened).toEqual([10, 1.5]);
});

test('a parameter that turns to hold while a client is opened stops the mutation', async () => {
  const environment = environmentHere(0.001);
  await say(environment, 's3');
  let opened = 0;
  const images = new FollowedStore(file, 'images', async (store) => {
    // Longer than the refresh interval: what was read before is too old to act on.
    if (opened++ === 0) await say(environment, 'hold');
    await new Promise((resolve) => setTimeout(resolve, 5));
    return store.bucket;
  });
  let done = false;
  const mutation = images.forMutation().finally(() => (done = true));
  await expect.poll(() => opened).toBe(1);
  await images.forRead();
  expect(done).toBe(false);
  await say(environment, 'ceph');
  expect((await mutation).client).toBe('images-on-ceph');
});

test('a store that the parameter does not name is an error that names it', async () => {
  const environment = environmentHere(1);
  await say(environment, 's3');
  const unknown = new FollowedStore(file, 'orders', () => Promise.resolve(1));
  await expect(unknown.forRead()).rejects.toThrow(`${file} names no store for "orders"`);
});
