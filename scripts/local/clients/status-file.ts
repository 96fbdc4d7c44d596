import { rename, writeFile } from 'node:fs/promises';

/** Writes a small JSON document so that a reader sees the old one or the new one. */
export async function writeStatus(file: string, status: object): Promise<void> {
  const draft = `${file}.${process.pid}.new`;
  await writeFile(draft, `${JSON.stringify(status)}\n`);
  await rename(draft, file);
}
