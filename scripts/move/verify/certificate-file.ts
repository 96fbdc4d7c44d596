import { createHash } from 'node:crypto';
import { access, constants, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import type { Environment, Move } from '../../contract/environment.ts';
import { messageOf, UserError } from '../../contract/errors.ts';
import type { Certificate } from '../../ledger/certificates.ts';

const FORMAT = 'migrate-certificate/1';

const StoreSchema = z.object({
  endpoint: z.string(),
  region: z.string(),
  addressing: z.enum(['path', 'virtual']),
  bucket: z.string(),
  prefix: z.string(),
});

const FileSchema = z.object({
  format: z.literal(FORMAT),
  certificate: z.object({
    kind: z.enum(['base', 'parity', 'containment']),
    move: z.string(),
    at: z.iso.datetime(),
    findings: z.number(),
    document: z.looseObject({
      objects: z.number(),
      bytes: z.number(),
      digest: z.string(),
      targetDigest: z.string().optional(),
      scope: z.string().optional(),
      comparedByBytes: z.number().optional(),
      otherEtags: z.number().optional(),
    }),
  }),
  stores: z.object({ source: StoreSchema, target: StoreSchema }),
});

/** A certificate as it is handed on, with where both stores were. Holds no secret. */
export type CertificateFile = z.infer<typeof FileSchema>;

/**
 * Writes a certificate to a file that anybody can check again who may read one of the stores. The file carries
 * a checksum, which shows that it was damaged; it is no signature.
 *
 * @throws UserError (exit 3) where the file cannot be written
 */
export async function writeCertificate(
  file: string,
  environment: Environment,
  move: Move,
  certificate: Certificate,
): Promise<void> {
  const content = {
    format: FORMAT,
    certificate: { ...certificate, id: String(certificate.id), epoch: String(certificate.epoch) },
    stores: storesOf(environment, move),
  };
  try {
    await writeFile(file, `${JSON.stringify({ ...content, sha256: checksum(content) }, null, 2)}\n`);
  } catch (error) {
    throw new UserError(
      `The certificate cannot be written to ${file}: ${messageOf(error)}. It is in the ledger; name another file with --out and run this again`,
      { exitCode: 3, cause: error },
    );
  }
}

/** Throws UserError (exit 2) where the file could not be written: before a comparison that may take hours. */
export async function assertWritable(file: string): Promise<void> {
  try {
    const found = await stat(file).catch(() => undefined);
    if (found?.isDirectory() === true) throw new Error('it is a folder');
    await access(found === undefined ? path.dirname(file) : file, constants.W_OK);
  } catch (error) {
    throw new UserError(
      `Cannot write the certificate to ${file}: ${messageOf(error)}. It must be a file in a folder that is there: name it with --out`,
      { cause: error },
    );
  }
}

/** Throws UserError (exit 2) where the file cannot be read, is no certificate, or was changed. */
export async function readCertificate(file: string): Promise<CertificateFile> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new UserError(
      `Cannot read the certificate from ${file}: ${messageOf(error)}. It must be what migrate verify --out FILE wrote: name it with --certificate`,
      { cause: error },
    );
  }
  const document = parse(text);
  const result = FileSchema.safeParse(document);
  if (!result.success) {
    throw new UserError(
      `${file} is no certificate that this version knows (${FORMAT}); it is what migrate verify --out FILE writes`,
    );
  }
  const { sha256, ...content } = document as Record<string, unknown>;
  if (sha256 !== checksum(content)) {
    throw new UserError(`${file} was changed after it was written: its checksum is another`);
  }
  return result.data;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function checksum(content: object): string {
  return createHash('sha256').update(JSON.stringify(content)).digest('hex');
}

function storesOf(environment: Environment, move: Move): CertificateFile['stores'] {
  const target = environment.targets[move.targetCluster];
  if (target === undefined) throw new TypeError(`no target ${move.targetCluster}`);
  const describe = ({ endpoint, region, addressing, prefix = '' }: typeof target, bucket: string) => ({
    endpoint,
    region,
    addressing,
    bucket,
    prefix,
  });
  return {
    source: describe(environment.source, move.sourceBucket),
    target: describe(target, move.targetBucket),
  };
}
