import type { Parameter } from '../platform/applications-parameter/parameter.ts';
import type { Environment, StoreEndpoint } from '../contract/environment.ts';
import { UserError } from '../contract/errors.ts';

/** Where things are on one machine. Each throws UserError for an environment that has them elsewhere. */

export function parameterFileOf({ parameter }: Environment): string {
  if (parameter.kind === 'file') return parameter.file;
  throw elsewhere("the applications' parameter", parameter.kind);
}

/** A PostgreSQL connection string. */
export function ledgerOf({ ledger }: Pick<Environment, 'ledger'>): string {
  if (typeof ledger === 'string') return ledger;
  throw elsewhere('the ledger', ledger.kind);
}

/** The file that holds the keys of a store's users. */
export function credentialsFileOf({
  credentials,
}: {
  credentials: StoreEndpoint['credentials'] | Parameter['stores'][string]['credentials'];
}): string {
  if (credentials.kind === 'file') return credentials.file;
  throw elsewhere('the keys', credentials.kind);
}

/** Where RGW pushes its notifications to. */
export function receiverOf({ capture }: Pick<Environment, 'capture'>): string {
  if (capture.kind === 'push') return capture.receiver;
  throw elsewhere('capture', capture.kind);
}

/** What the parameter says of a bucket's store, as an endpoint: every local store is an RGW. */
export function endpointOf({
  endpoint,
  region,
  addressing,
  credentials,
}: Parameter['stores'][string]): StoreEndpoint {
  const file = credentialsFileOf({ credentials });
  return { kind: 'ceph', endpoint, region, addressing, credentials: { kind: 'file', file } };
}

function elsewhere(what: string, kind: string): UserError {
  return new UserError(`This is for the local environment: ${what} is of the kind "${kind}" here`);
}
