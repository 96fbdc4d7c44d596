import type { Environment } from '../../../scripts/contract/environment.ts';
import { appendOperations, openOperations, retireOperations } from '../../../scripts/ledger/operations.ts';
import type { Certificate, Finding } from '../../../scripts/ledger/certificates.ts';
import { StoreClient } from '../../../scripts/store/client.ts';
import type { PutOptions } from '../../../scripts/store/objects.ts';
import type { Scratch } from '../../support/real.ts';

/** The environment of a scratch with short bounds, so that nothing waits long. */
export function quick(scratch: Scratch, bounds: Partial<Environment['bounds']> = {}): Environment {
  return {
    ...scratch.environment,
    bounds: {
      ...scratch.environment.bounds,
      requestSeconds: 10,
      lagSeconds: 0.5,
      quietSeconds: 0.2,
      ...bounds,
    },
  };
}

/** Both stores of a scratch, as the applications. */
export async function bothSides(scratch: Scratch) {
  const [source, target] = await Promise.all([scratch.source(), scratch.target()]);
  const onSource = (key: string, body: string, options: PutOptions = {}) =>
    source.put(scratch.sourceBucket, key, Buffer.from(body), options);
  const onTarget = (key: string, body: string, options: PutOptions = {}) =>
    target.put(scratch.targetBucket, key, Buffer.from(body), options);
  const onBoth = async (key: string, body: string, options: PutOptions = {}) => {
    await onSource(key, body, options);
    await onTarget(key, body, options);
  };
  return { source, target, onSource, onTarget, onBoth };
}

/** Writes operations to the log as capture does; `handled` as if replay had retired them. */
export async function touch(scratch: Scratch, keys: string[], handled: boolean): Promise<void> {
  const operation = { move: 'scratch', kind: 'put' as const, eventName: 'ObjectCreated:Put' };
  await appendOperations(
    scratch.ledger,
    keys.map((key) => ({ ...operation, key, eventSource: 'ceph:s3' as const })),
  );
  if (handled) for (const key of keys) await handle(scratch, key);
}

export async function handle(scratch: Scratch, key: string): Promise<void> {
  const open = await openOperations(scratch.ledger, 'scratch', key);
  await retireOperations(
    scratch.ledger,
    'scratch',
    key,
    open.map(({ position }) => position),
    'copied',
  );
}

export function findingsOf(certificate: Certificate): Finding[] {
  return (certificate.document['findings'] as { listed: Finding[] }).listed;
}

/** Writes what replay keeps in quarantine, as the user that it does so. */
export async function quarantineBucket(environment: Environment): Promise<StoreClient> {
  const endpoint = Object.values(environment.targets)[0];
  if (endpoint === undefined) throw new Error('the environment has no target');
  return StoreClient.open(endpoint, 'migration-straggler', { requestSeconds: 10 });
}
