import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { credentialsProvider, readCredentials } from '../../../scripts/store/identity/credentials.ts';

const KEY = { accessKeyId: 'A', secretAccessKey: 'S' };

describe('keys in a file', () => {
  let folder: string;
  let file: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'storage-credentials-'));
    file = path.join(folder, 'store.json');
  });
  afterEach(() => rm(folder, { recursive: true }));
  const source = () => ({ kind: 'file', file }) as const;

  it('are those of the user', async () => {
    await writeFile(file, JSON.stringify({ applications: KEY }));
    expect(await readCredentials({ credentials: source() }, 'applications')).toEqual(KEY);
  });

  it('stay as they were when the client was opened: a file that is replaced disturbs nobody', async () => {
    await writeFile(file, JSON.stringify({ applications: KEY }));
    const provider = await credentialsProvider(source(), 'applications');
    await rm(file);
    expect(await provider()).toEqual(KEY);
  });

  it.each([
    ['{}', 'No access key for user "admin" in FILE; it has: '],
    ['{"other":{"accessKeyId":"A","secretAccessKey":"S"}}', 'it has: other'],
    ['{"admin":{"accessKeyId":""}}', 'it has: none, the file is not valid'],
  ])('that are not there are named: %s', async (text, message) => {
    await writeFile(file, text);
    await expect(credentialsProvider(source(), 'admin')).rejects.toThrow(message.replace('FILE', file));
  });

  it('cannot be read where there is no file', async () => {
    await expect(credentialsProvider(source(), 'admin')).rejects.toMatchObject({ exitCode: 3 });
  });
});
