import type { StoreClient } from '../../store/client.ts';
import { digestOfBucket } from './bucket-digest.ts';
import type { CertificateFile } from './certificate-file.ts';
import { UserError } from '../../contract/errors.ts';

export type RecheckedSide = 'source' | 'target';

/** One store as it is now, held against a certificate. */
export type Rechecked = {
  side: RecheckedSide;
  bucket: string;
  matches: boolean;
  objects: number;
  bytes: number;
  digest: string;
};

/**
 * The sides that a certificate can be held against. Of a containment certificate only the source: the target may
 * have more.
 *
 * @throws UserError (exit 2) where it covers only keys that changed
 */
export function checkableSides({ certificate }: CertificateFile): RecheckedSide[] {
  if (certificate.document.scope === 'touched') {
    throw new UserError(
      'This certificate covers only the keys that had changed since an earlier one, so that no bucket as a whole can be held against it. ' +
        'Take one of all keys: migrate verify --kind base --out FILE',
    );
  }
  return certificate.kind === 'containment' ? ['source'] : ['source', 'target'];
}

/** Reads one side again: every key, its size, ETag, headers, metadata and tags. */
export async function recheck(
  { certificate }: CertificateFile,
  side: RecheckedSide,
  client: StoreClient,
  bucket: string,
): Promise<Rechecked> {
  const now = await digestOfBucket(client, bucket);
  return { side, bucket, matches: now.digest === digestThen(certificate, side), ...now };
}

/** What that side yielded by itself. Earlier versions noted the source's alone. */
function digestThen({ document }: CertificateFile['certificate'], side: RecheckedSide): string {
  return side === 'source' ? document.digest : (document.targetDigest ?? document.digest);
}

/** For people. */
export function describeRechecked(file: CertificateFile, sides: readonly Rechecked[]): string {
  const { document, at, kind, move, findings } = file.certificate;
  const lines = [
    `${kind} certificate of ${move}, taken ${at}: ${findings === 0 ? 'clean' : `${findings} findings`}`,
    `  then          ${document.objects} objects, ${document.bytes} bytes, digest ${document.digest}`,
    ...sides.map(
      ({ side, bucket, matches, objects, bytes, digest }) =>
        `  ${side.padEnd(6)}  now   ${objects} objects, ${bytes} bytes, digest ${digest}: ${matches ? `${bucket} is as it was` : `${bucket} DIFFERS`}`,
    ),
  ];
  const target = sides.find(({ side }) => side === 'target');
  if (
    target !== undefined &&
    document.targetDigest !== undefined &&
    document.targetDigest !== document.digest
  ) {
    lines.push(
      `  ${document.otherEtags ?? 0} objects had another ETag at the target, proven by their bytes: its digest then was ${document.targetDigest}`,
    );
  }
  if (target?.matches === false && document.targetDigest === undefined) {
    lines.push(
      "  What the target's digest was is not in this certificate: where the target could not have the source's ETag, it is another. Look with: migrate verify",
    );
  }
  return lines.join('\n');
}
