import type { Environment } from '../../contract/environment.ts';
import { openLedger } from '../../ledger/connect.ts';
import type { Pool } from '../../ledger/database.ts';
import { keepDocument } from '../../ledger/source-documents.ts';
import { BucketControl } from '../../store/control.ts';
import { APPLICATIONS } from '../../contract/names.ts';

/** Owns the source's buckets; only an owner may change their documents. */
const BUCKET_OWNER = APPLICATIONS;

/**
 * Opens the documents of the source's buckets as their owner, and closes them again. Each is
 * kept in the ledger before it is changed; where the ledger does not answer, nothing is changed.
 */
export async function withControl<T>(
  environment: Pick<Environment, 'source' | 'ledger' | 'bounds'>,
  work: (control: BucketControl, ledger: Pool) => Promise<T>,
): Promise<T> {
  const ledger = openLedger(environment.ledger, { max: 1, application: 'migrate source documents' });
  const control = await BucketControl.open(environment.source, BUCKET_OWNER, {
    requestSeconds: environment.bounds.requestSeconds,
    keepOriginal: (bucket, kind, document) => keepDocument(ledger, bucket, kind, document),
  });
  try {
    return await work(control, ledger);
  } finally {
    control.close();
    await ledger.end();
  }
}
