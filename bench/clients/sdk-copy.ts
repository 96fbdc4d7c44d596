import { GetObjectCommand, paginateListObjectsV2, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { Place } from '../peers.ts';

/** The copy as one writes it with the SDK alone: list, get, put, so many at once. */

type Task = { source: Place; target: Place; from: string; to: string; atOnce: number };
const task = JSON.parse(process.argv[2] ?? '') as Task;
const open = ({ endpoint, region, keys }: Place) =>
  new S3Client({ endpoint, region, credentials: keys, forcePathStyle: true });
const [source, target] = [open(task.source), open(task.target)];

async function* keys(): AsyncGenerator<string> {
  for await (const { Contents = [] } of paginateListObjectsV2({ client: source }, { Bucket: task.from })) {
    for (const { Key } of Contents) if (Key !== undefined) yield Key;
  }
}

const listing = keys();
await Promise.all(
  Array.from({ length: task.atOnce }, async () => {
    for (;;) {
      const next = await listing.next();
      if (next.done === true) return;
      const Key = next.value;
      const got = await source.send(new GetObjectCommand({ Bucket: task.from, Key }));
      const { Body, ContentType, Metadata } = got;
      const bytes = await Body?.transformToByteArray();
      await target.send(
        new PutObjectCommand({
          Bucket: task.to,
          Key,
          ...(bytes !== undefined && { Body: bytes }),
          ...(ContentType !== undefined && { ContentType }),
          ...(Metadata !== undefined && { Metadata }),
        }),
      );
    }
  }),
);
