import type { Environment } from '../../contract/environment.ts';
import { openLedger } from '../../ledger/connect.ts';
import type { Pool } from '../../ledger/database.ts';
import { keepDocument } from '../../ledger/source-documents.ts';
import { BucketControl } from '../../store/control.ts';
import { APPLICATIONS } from '../../contract/names.ts';

/** Owns the source's buckets; only an owner may change their documents. */
const BUCKET_OWNER = APPLICATIONS;

type Scope = Pick<Environment, 'source' | 'ledger' | 'bounds'>;

/** The documents of the source's buckets, as their owner. Each is kept in the ledger before it is changed. */
export function openControl({ source, bounds }: Scope, ledger: Pool): Promise<BucketControl> {
  return BucketControl.open(source, BUCKET_OWNER, {
    requestSeconds: bounds.requestSeconds,
    keepOriginal: (bucket, kind, document) => keepDocument(ledger, bucket, kind, document),
  });
}

/** As `openControl`, closed again. Where the ledger does not answer, nothing is changed. */
export async function withControl<T>(
  environment: Scope,
  work: (control: BucketControl, ledger: Pool) => Promise<T>,
): Promise<T> {
  const ledger = openLedger(environment.ledger, { max: 1, application: 'migrate source documents' });
  const control = await openControl(environment, ledger);
  try {
    return await work(control, ledger);
  } finally {
    control.close();
    await ledger.end();
  }
}
