import { clockOf, type Environment, type Move } from '../../contract/environment.ts';
import { latestCertificate, type Certificate, type FindingsDocument } from '../../ledger/certificates.ts';
import type { Pool } from '../../ledger/database.ts';
import { StoreClient } from '../../store/client.ts';
import { deniesWrites } from './deny.ts';
import { retireGuards } from './facts.ts';
import { EXTRA } from '../common/compare-key.ts';
import { rulesStand } from './rules.ts';
import { MIGRATION } from '../../contract/names.ts';

/** How many findings of a move are listed one by one. */
const TOLD = 10;

/** Proves that nothing of a move would be lost with S3, and records the certificate (verify's). */
export type TakeContainment = (
  environment: Environment,
  ledger: Pool,
  move: Move,
  options: { detail: Record<string, unknown> },
) => Promise<Certificate>;

/**
 * Takes a containment certificate of every move. `writesDenied` in it says that it was taken while nobody
 * could write to S3, so that it is the last word.
 *
 * @returns its findings, in plain words
 */
export async function certifyContainment(
  environment: Environment,
  ledger: Pool,
  say: (line: string) => void,
  take: TakeContainment,
): Promise<string[]> {
  const refused: string[] = [];
  const writesDenied = await deniesWrites(environment);
  const expiring = (await rulesStand(environment)) === 'all';
  for (const move of environment.moves) {
    const openUploads = await listUploads(environment, move.sourceBucket);
    if (openUploads.count > 0) {
      say(
        `${openUploads.count} multipart uploads to ${move.sourceBucket} were never completed; they go with it`,
      );
    }
    say(`proves that nothing of ${move.name} would be lost with S3`);
    const certificate = await take(environment, ledger, move, {
      detail: { openUploads, writesDenied, expiring },
    });
    refused.push(...tellFindings(certificate));
  }
  return refused;
}

/**
 * What the newest containment certificates lack to be the last word on S3, for who may not take one now; a
 * line each, empty where nothing does.
 */
export async function lackingContainment(environment: Environment, ledger: Pool): Promise<string[]> {
  const missing = await retireGuards(environment, ledger, clockOf(environment)(), { watchReads: false });
  const stale = missing.filter(({ guard }) => guard === 'certificate').map(({ message }) => message);
  const certificates = await Promise.all(
    environment.moves.map(({ name }) => latestCertificate(ledger, 'containment', name)),
  );
  const early = certificates.flatMap((certificate) =>
    certificate === null || certificate.document['writesDenied'] === true
      ? []
      : [`the containment certificate for ${certificate.move} was taken while S3 could be written`],
  );
  const findings = certificates.flatMap((certificate) =>
    certificate === null ? [] : tellFindings(certificate),
  );
  return [...stale, ...early, ...findings];
}

function tellFindings(certificate: Certificate): string[] {
  if (certificate.findings === 0) return [];
  const { listed, file } = certificate.document['findings'] as FindingsDocument;
  const told = listed
    .slice(0, TOLD)
    .map(
      ({ key, differs }) =>
        `${JSON.stringify(key)} of ${certificate.move} ${differs.includes(EXTRA) ? 'was deleted on S3 and is served' : 'would be lost with S3'}: ${differs.join(', ')}`,
    );
  if (certificate.findings <= TOLD) return told;
  const where = file ?? `migrate verify --kind containment --move ${certificate.move}`;
  return [...told, `… and ${certificate.findings - TOLD} more of ${certificate.move}: ${where}`];
}

/** Whether every move was certified clean after our expiry rules were set. */
export async function certifiedWhileExpiring(environment: Environment, ledger: Pool): Promise<boolean> {
  const certificates = await Promise.all(
    environment.moves.map(({ name }) => latestCertificate(ledger, 'containment', name)),
  );
  return certificates.every(
    (certificate) => certificate?.findings === 0 && certificate.document['expiring'] === true,
  );
}

/** Incomplete uploads are no objects: nothing reads them. They are named once before they go. */
async function listUploads(
  environment: Environment,
  bucket: string,
): Promise<{ count: number; first: { key: string; uploadId: string }[] }> {
  const client = await StoreClient.open(environment.source, MIGRATION, {
    requestSeconds: environment.bounds.requestSeconds,
  });
  try {
    const first: { key: string; uploadId: string }[] = [];
    let count = 0;
    for await (const { key, uploadId } of client.listUploads(bucket)) {
      count += 1;
      if (first.length < 100) first.push({ key, uploadId });
    }
    return { count, first };
  } finally {
    await client.close();
  }
}
