import { createReadStream } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { messageOf, UserError } from '../../contract/errors.ts';

/** One object as it was put into the source before any client began. */
export type ManifestEntry = {
  move: string;
  key: string;
  etag: string;
  /** Bytes. */
  size: number;
  /** The digest of all bytes, where the ETag is not. */
  md5?: string;
};

/** Writes the manifest as JSON lines, whole or not at all: a manifest that stands is a source that is filled. */
export async function writeManifest(file: string, entries: Iterable<ManifestEntry>): Promise<void> {
  const handle = await open(`${file}.new`, 'w');
  try {
    for (const { move, key, etag, size, md5 } of entries) {
      await handle.appendFile(`${JSON.stringify({ move, key, etag, size, md5 })}\n`);
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(`${file}.new`, file);
}

/** Reads a manifest line by line. Throws a UserError when it cannot be read or a line is not valid. */
export async function* readManifest(file: string): AsyncGenerator<ManifestEntry> {
  try {
    for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
      if (line !== '') yield JSON.parse(line) as ManifestEntry;
    }
  } catch (error) {
    throw new UserError(`Cannot read the manifest of the input from ${file}: ${messageOf(error)}`, {
      exitCode: 3,
      cause: error,
    });
  }
}
