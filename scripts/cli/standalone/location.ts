import { UserError } from '../../contract/errors.ts';

/** A bucket, or what lies below a folder of it. */
export type Location = {
  bucket: string;
  /** Ends with a slash; '' is the whole bucket. */
  prefix: string;
};

/** What S3 takes, and what older stores let people make: upper case and underscores too. */
const BUCKET = /^[A-Za-z0-9][A-Za-z0-9._-]{2,254}$/;

/**
 * Reads `s3://BUCKET[/FOLDER]`. A folder is always a whole one: `s3://b/img` is not what begins with `img`, as
 * `img10/` does.
 *
 * @param option its name, for messages
 */
export function parseLocation(text: string, option: string): Location {
  const match = /^s3:\/\/([^/]*)(?:\/(.*))?$/s.exec(text);
  const [, bucket = '', folder = ''] = match ?? [];
  if (match === null || !BUCKET.test(bucket)) {
    throw new UserError(
      `--${option} is "${text}"; it must be s3://BUCKET or s3://BUCKET/FOLDER, for example s3://photos/2024`,
    );
  }
  return { bucket, prefix: folder === '' || folder.endsWith('/') ? folder : `${folder}/` };
}
