import path from 'node:path';
import { InvalidArgumentError } from '@commander-js/extra-typings';
import type { LedgerAddress } from '../../contract/environment.ts';
import { UserError } from '../../contract/errors.ts';

/** A bucket, or what lies below a folder of it. */
export type Location = {
  bucket: string;
  /** Ends with a slash; '' is the whole bucket. */
  prefix: string;
};

/**
 * What S3 takes, and what older stores let people make: upper case and underscores too. On RGW behind the name of
 * its tenant, if that is not the key's own; `:BUCKET` has none.
 */
const BUCKET = /^(?:[A-Za-z0-9_]*:)?[A-Za-z0-9][A-Za-z0-9._-]{2,254}$/;

/** Reads `s3://BUCKET[/FOLDER]`. A folder is always a whole one: `s3://b/img` does not contain `img10/`. */
export function parseLocation(text: string): Location {
  const match = /^s3:\/\/([^/]*)(?:\/(.*))?$/s.exec(text);
  const [, bucket = '', folder = ''] = match ?? [];
  if (match === null || !BUCKET.test(bucket)) {
    throw new InvalidArgumentError(
      'It must be s3://BUCKET or s3://BUCKET/FOLDER, for example s3://photos/2024; on RGW s3://TENANT:BUCKET too.',
    );
  }
  return { bucket, prefix: folder === '' || folder.endsWith('/') ? folder : `${folder}/` };
}

/** Origin only: a path in front of the bucket would not be signed as any store expects it. */
export function parseEndpoint(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  const isOrigin = url !== null && url.pathname === '/' && url.search === '' && url.username === '';
  if (isOrigin && (url.protocol === 'http:' || url.protocol === 'https:')) return url;
  throw new InvalidArgumentError(
    'It must be the URL of the S3 service without a path, for example https://rgw.example.com:8080.',
  );
}

/** Reads a folder, or the URL of a database. */
export function parseLedger(text: string): LedgerAddress {
  if (/^postgres(ql)?:\/\//.test(text)) {
    if (URL.canParse(text)) return text;
    // Not InvalidArgumentError: that repeats what was given, and this may hold a password.
    throw new UserError(
      '--ledger is no valid URL; it must be postgres://USER:PASSWORD@HOST:PORT/DATABASE, with what is special in it percent-encoded',
    );
  }
  if (text === '' || /^[a-z][a-z0-9+.-]*:\/\//i.test(text)) {
    throw new InvalidArgumentError(
      'It must be a folder, for example .migrate, or postgres://USER@HOST/DATABASE.',
    );
  }
  return { kind: 'embedded', folder: path.resolve(text) };
}
