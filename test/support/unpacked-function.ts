import { cp, mkdir } from 'node:fs/promises';
import path from 'node:path';
import type * as pulumi from '@pulumi/pulumi';

/**
 * Lays out the archive of a function as Lambda does (`/var/task`), so that what it reads beside itself is
 * looked for where it will be.
 */
export async function unpackFunction(archive: pulumi.asset.AssetArchive, folder: string): Promise<void> {
  for (const [name, asset] of Object.entries(await archive.assets)) {
    const from = await (asset as pulumi.asset.FileAsset | pulumi.asset.FileArchive).path;
    const to = path.join(folder, name);
    await mkdir(path.dirname(to), { recursive: true });
    await cp(from, to, { recursive: true });
  }
}
