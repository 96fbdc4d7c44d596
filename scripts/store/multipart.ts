import { StoreError } from './errors.ts';
import type { Transport } from './http.ts';
import { unquote, writeAttributes, type ObjectAttributes } from './object.ts';
import { headObject, versionQuery, type Guard } from './objects.ts';
import { escapeXml, parseXml, requiredText, textOf } from './xml.ts';

/**
 * Begins an upload and returns its id. RGW 16.2.15 takes tags here and loses them: tag the object when
 * it is complete.
 */
export async function createUpload(
  transport: Transport,
  bucket: string,
  key: string,
  options: ObjectAttributes & Guard = {},
): Promise<string> {
  const answer = await transport.send({
    method: 'POST',
    bucket,
    key,
    query: { uploads: '' },
    headers: writeAttributes(options),
    assertLive: options.assertLive,
  });
  return requiredText(parseXml(answer.text, 'InitiateMultipartUploadResult'), 'UploadId');
}

/** Sends one part (1 to 10,000) and returns its ETag: the MD5 of its bytes. */
export async function uploadPart(
  transport: Transport,
  bucket: string,
  key: string,
  part: {
    uploadId: string;
    partNumber: number;
    body: Buffer | AsyncIterable<Buffer>;
    contentLength: number;
  } & Guard,
): Promise<string> {
  const answer = await transport.send({
    method: 'PUT',
    bucket,
    key,
    query: { partNumber: String(part.partNumber), uploadId: part.uploadId },
    headers: { 'content-length': String(part.contentLength) },
    body: part.body,
    assertLive: part.assertLive,
  });
  return unquote(answer.headers['etag'] ?? '');
}

/** Makes the object of its parts, in the order given. Returns its ETag. */
export async function completeUpload(
  transport: Transport,
  bucket: string,
  key: string,
  upload: { uploadId: string; parts: { partNumber: number; etag: string }[] } & Guard,
): Promise<{ etag: string; versionId?: string }> {
  const parts = upload.parts.map(
    (part) =>
      `<Part><PartNumber>${part.partNumber}</PartNumber><ETag>"${escapeXml(part.etag)}"</ETag></Part>`,
  );
  const answer = await transport.send({
    method: 'POST',
    bucket,
    key,
    query: { uploadId: upload.uploadId },
    body: Buffer.from(`<CompleteMultipartUpload>${parts.join('')}</CompleteMultipartUpload>`),
    assertLive: upload.assertLive,
  });
  // The status is sent before the work is done, so that a 200 may carry an error.
  if (answer.text.includes('<Error>')) {
    const error = parseXml(answer.text.trimStart(), 'Error');
    const code = textOf(error, 'Code') ?? 'Unknown';
    throw new StoreError(`Completing the upload of ${key} failed: ${code}`, {
      status: 200,
      code,
      retryable: true,
    });
  }
  const versionId = answer.headers['x-amz-version-id'];
  const told = textOf(parseXml(answer.text.trimStart(), 'CompleteMultipartUploadResult'), 'ETag') ?? '';
  // RGW 16.2.15 leaves the ETag empty here (and tells it when the same is asked again).
  const version = versionId === undefined ? {} : { versionId };
  const etag = told === '' ? (await headObject(transport, bucket, key, version))?.etag : unquote(told);
  if (etag === undefined) {
    throw new StoreError(`${key} is not there after its upload was completed`, {
      status: 404,
      code: 'NoSuchKey',
    });
  }
  return { etag, ...version };
}

export async function abortUpload(
  transport: Transport,
  bucket: string,
  key: string,
  upload: { uploadId: string } & Guard,
): Promise<void> {
  const { uploadId, assertLive } = upload;
  await transport.send({ method: 'DELETE', bucket, key, query: { uploadId }, assertLive });
}

/**
 * The size of one part of the object with this ETag, in bytes, and how many there are. Undefined where
 * the store does not know: RGW 16.2.15 ignores `partNumber` and answers with the whole object.
 */
export async function headPart(
  transport: Transport,
  bucket: string,
  key: string,
  partNumber: number,
  object: { etag: string; versionId?: string | undefined },
): Promise<{ size: number; parts: number } | undefined> {
  const answer = await transport.send({
    method: 'HEAD',
    bucket,
    key,
    query: { partNumber: String(partNumber), ...versionQuery(object.versionId) },
    headers: { 'if-match': `"${object.etag}"` },
  });
  const parts = answer.headers['x-amz-mp-parts-count'];
  return parts === undefined
    ? undefined
    : { size: Number(answer.headers['content-length']), parts: Number(parts) };
}
