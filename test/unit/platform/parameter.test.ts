import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  ParameterSchema,
  readParameter,
  writeParameter,
} from '../../../scripts/platform/applications-parameter/parameter.ts';
import { parseEnvironment, type Environment } from '../../../scripts/contract/environment.ts';
import { exampleEnvironment } from '../../support/example-environment.ts';

describe("the applications' parameter", () => {
  let folder: string;
  let environment: Environment;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'parameter-'));
    const example = exampleEnvironment();
    environment = parseEnvironment(
      { ...example, parameter: { kind: 'file', file: path.join(folder, 'parameter.json') } },
      'a test',
    );
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const say = (state: 's3' | 'hold' | 'ceph', store: 'source' | 'target') =>
    writeParameter(environment, { state, store, epoch: 3n, requestSeconds: 10 });

  it('does not exist before it was written', async () => {
    expect(await readParameter(environment)).toBeNull();
  });

  it('sends everybody to S3 at first, with keys of S3', async () => {
    await say('s3', 'source');
    expect((await readParameter(environment))?.stores['images']).toEqual({
      endpoint: environment.source.endpoint,
      region: 'us-east-1',
      addressing: 'path',
      bucket: 'images-on-s3',
      credentials: { kind: 'file', file: '/credentials/source.json', user: 'applications' },
    });
  });

  it('sends the images through Nginx and the metadata to its cluster, with keys of Ceph', async () => {
    const { stores } = await say('ceph', 'target');
    expect(stores['images']).toMatchObject({
      endpoint: environment.cacheTier.endpoint,
      bucket: 'images-on-ceph',
      credentials: { kind: 'file', file: '/credentials/images.json', user: 'applications' },
    });
    expect(stores['metadata']).toMatchObject({
      endpoint: environment.targets['metadata']?.endpoint,
      credentials: { kind: 'file', file: '/credentials/metadata.json', user: 'applications' },
    });
  });

  it('goes up with every change, and is always a whole document', async () => {
    await say('s3', 'source');
    await say('hold', 'source');
    const last = await say('ceph', 'target');
    expect(last.version).toBe(3);
    const text = await readFile(path.join(folder, 'parameter.json'), 'utf8');
    expect(ParameterSchema.parse(JSON.parse(text))).toEqual(last);
  });
});
