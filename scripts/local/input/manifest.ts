import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { messageOf, UserError } from '../../contract/errors.ts';
import { writeFileAtomic } from '../../platform/write-file.ts';

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

/** Writes the manifest as JSON lines, whole or not at all: where there is one, the source is filled. */
export async function writeManifest(file: string, entries: readonly ManifestEntry[]): Promise<void> {
  const lines = entries.map(({ move, key, etag, size, md5 }) =>
    JSON.stringify({ move, key, etag, size, md5 }),
  );
  await writeFileAtomic(file, lines.map((line) => `${line}\n`).join(''));
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
