import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StoreEndpoint } from '../../../scripts/contract/environment.ts';
import { readCredentials } from '../../../scripts/store/identity/credentials.ts';
import { realServices, type Scratch } from '../../support/real.ts';

/**
 * What Food-Co's applications use, today's AWS SDK, against both stores and through the cache tier. With
 * its default checksums a streamed PutObject is answered 411 by RGW 16.2.15 (traps): applications set both
 * to WHEN_REQUIRED, as here.
 */
describe('the AWS SDK', () => {
  let scratch: Scratch;
  let clients: { name: string; s3: S3Client; bucket: string }[];

  beforeAll(async () => {
    const services = await realServices();
    scratch = await services.scratch('aws-sdk');
    const { environment } = scratch;
    const move = environment.moves[0]!;
    const target = environment.targets[move.targetCluster]!;
    const open = async ({ endpoint }: { endpoint: string }, keys: StoreEndpoint) =>
      new S3Client({
        endpoint,
        region: 'us-east-1',
        forcePathStyle: true,
        credentials: await readCredentials(keys, 'applications'),
        requestChecksumCalculation: 'WHEN_REQUIRED',
        responseChecksumValidation: 'WHEN_REQUIRED',
      });
    const { source, cacheTier } = services.environment;
    clients = [
      { name: 'S3', s3: await open(source, source), bucket: scratch.sourceBucket },
      { name: 'Ceph', s3: await open(target, target), bucket: scratch.targetBucket },
      // Before the cutover the cache tier's only origin is S3.
      {
        name: 'the cache tier',
        s3: await open(cacheTier, source),
        bucket: scratch.sourceBucket,
      },
    ];
  });
  afterAll(async () => {
    for (const { s3 } of clients) s3.destroy();
    await scratch.close();
  });

  it.each([0, 1, 2])('puts, reads, lists and deletes many (store %i)', async (index) => {
    const { s3, bucket } = clients[index]!;
    const keys = [`sdk-${index}/a b+ü.txt`, `sdk-${index}/c.txt`];
    for (const Key of keys) {
      await s3.send(
        new PutObjectCommand({
          Bucket: bucket,
          Key,
          Body: Readable.from([Buffer.from('streamed')]),
          ContentLength: 8,
          ContentType: 'text/plain',
          Metadata: { dish: 'soup' },
        }),
      );
    }
    const got = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: keys[0] }));
    expect(await got.Body?.transformToString()).toBe('streamed');
    const head = await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: keys[0] }));
    expect([head.ContentType, head.Metadata, head.ContentEncoding]).toEqual([
      'text/plain',
      { dish: 'soup' },
      undefined,
    ]);
    const list = () => s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: `sdk-${index}/` }));
    expect((await list()).Contents?.map(({ Key }) => Key)).toEqual(keys);
    const deleted = await s3.send(
      new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects: keys.map((Key) => ({ Key })) } }),
    );
    expect(deleted.Errors ?? []).toEqual([]);
    expect((await list()).KeyCount).toBe(0);
  });

  it.each([0, 1, 2])('uploads in parts (store %i)', async (index) => {
    const { s3, bucket } = clients[index]!;
    const Key = `sdk-${index}/parts`;
    const bodies = [randomBytes(5 * 2 ** 20), randomBytes(1000)];
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket: bucket, Key }));
    const Parts = [];
    for (const [part, Body] of bodies.entries()) {
      const { ETag } = await s3.send(
        new UploadPartCommand({ Bucket: bucket, Key, UploadId, PartNumber: part + 1, Body }),
      );
      Parts.push({ ETag, PartNumber: part + 1 });
    }
    await s3.send(
      new CompleteMultipartUploadCommand({ Bucket: bucket, Key, UploadId, MultipartUpload: { Parts } }),
    );
    const got = await s3.send(new GetObjectCommand({ Bucket: bucket, Key }));
    expect(Buffer.from(await got.Body!.transformToByteArray()).equals(Buffer.concat(bodies))).toBe(true);
  });
});
