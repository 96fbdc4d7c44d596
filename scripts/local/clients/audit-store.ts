import { readParameter } from '../../platform/applications-parameter/parameter.ts';
import type { Environment } from '../../contract/environment.ts';
import { UserError } from '../../contract/errors.ts';
import { endpointOf, parameterFileOf } from '../places.ts';
import { listConflicts } from '../../ledger/conflicts.ts';
import type { Database } from '../../ledger/database.ts';
import { StoreClient } from '../../store/client.ts';
import { hasCode, StoreError } from '../../store/errors.ts';
import { readManifest } from '../input/manifest.ts';
import { inParallel } from '../input/parallel.ts';
import { auditHistory, type AuditResult, type KeptConflict } from './audit.ts';
import { allJsonLines, readJsonLines, type JournalLine } from './journal.ts';
import type { Value } from './model.ts';
import { MARK, readWhole } from './reading.ts';
import { readOperations, type StragglerLine } from './straggler-plan.ts';
import { World } from './world.ts';
import { VERIFY, STRAGGLER, APPLICATIONS } from '../../contract/names.ts';

export type AuditOptions = {
  manifest: string;
  fleetJournal: string;
  stragglerJournal: string;
  /** Of so many objects one is read to its last byte; default 10. All that clients wrote are. */
  sampleOneOf?: number;
  progress?: (checked: number) => void;
};

const AT_ONCE = 16;

/**
 * Reads the store where the applications write now, after they have stopped, and holds every key against
 * what must be there. `ledger` is where the conflicts are; null where there is none.
 */
export async function auditFinalStore(
  environment: Environment,
  ledger: Database | null,
  options: AuditOptions,
): Promise<AuditResult> {
  const parameter = await readParameter(environment);
  if (parameter === null) {
    throw new UserError(`There is no parameter at ${parameterFileOf(environment)}: nothing to audit`, {
      exitCode: 3,
    });
  }
  const { world } = await World.rebuild(
    readManifest(options.manifest),
    readJsonLines<JournalLine>(options.fleetJournal),
    { now: 0, quietMs: 0 },
  );
  const lines = await allJsonLines<StragglerLine>(options.stragglerJournal);

  const observed = new Map<string, Map<string, Value>>();
  let checked = 0;
  let whole = 0;
  for (const { name } of environment.moves) {
    const store = parameter.stores[name];
    if (store === undefined) throw new UserError(`The parameter names no store for "${name}"`);
    const { bucket } = store;
    const client = await StoreClient.open(endpointOf(store), APPLICATIONS, {
      requestSeconds: environment.bounds.requestSeconds,
      connections: AT_ONCE,
    });
    const values = new Map<string, Value>();
    observed.set(name, values);
    try {
      for await (const { key, etag, size } of client.list(bucket)) values.set(key, { etag, size });
      const known = [...world.keys(name)].map(([key]) => key);
      // Each is asked for by name too: a listing may show what cannot be read, and the reverse.
      await inParallel(AT_ONCE, new Set([...known, ...values.keys()]), async (key) => {
        const must = world.find(name, key)?.current;
        const written = must?.mark !== undefined || must?.md5 !== undefined;
        const readAll = written || checked % (options.sampleOneOf ?? 10) === 0;
        const head = await client.head(bucket, key);
        const listed = values.get(key) ?? null;
        let value: Value = head === null ? null : { etag: head.etag, size: head.size };
        if (head !== null && readAll) {
          value = await readWhole(client, bucket, key);
          whole++;
        } else if (head !== null && value !== null) {
          const mark = head.metadata[MARK];
          if (mark !== undefined) value = { ...value, mark };
        }
        if (listed?.etag === value?.etag || listed === null) values.set(key, value);
        else
          values.set(key, {
            etag: `${value?.etag ?? 'nothing'}, listed as ${listed.etag}`,
            size: value?.size ?? 0,
          });
        checked++;
        options.progress?.(checked);
      });
    } finally {
      await client.close();
    }
  }
  const conflicts = ledger === null ? [] : await readConflicts(environment, ledger);
  return auditHistory(world, readOperations(lines), withoutMissing(observed), conflicts, whole);
}

function withoutMissing(observed: Map<string, Map<string, Value>>): Map<string, Map<string, Value>> {
  for (const values of observed.values()) {
    for (const [key, value] of values) if (value === null) values.delete(key);
  }
  return observed;
}

/** The ledger's conflicts, each with its bytes in quarantine, read again. */
async function readConflicts(environment: Environment, ledger: Database): Promise<KeptConflict[]> {
  const kept: KeptConflict[] = [];
  for (const { move, key, kind, sourceEtag, quarantineBucket, quarantineKey } of await listConflicts(
    ledger,
  )) {
    const cluster = environment.moves.find(({ name }) => name === move)?.targetCluster ?? '';
    const quarantined =
      quarantineBucket === null || quarantineKey === null
        ? null
        : await readQuarantined(environment, cluster, quarantineBucket, quarantineKey);
    kept.push({ move, key, kind, sourceEtag, quarantined });
  }
  return kept;
}

async function readQuarantined(
  environment: Environment,
  cluster: string,
  bucket: string,
  key: string,
): Promise<Value> {
  const endpoint = environment.targets[cluster];
  if (endpoint === undefined) return null;
  // The owner may be suspended by now, which refuses even reads.
  for (const user of [VERIFY, STRAGGLER]) {
    const client = await StoreClient.open(endpoint, user, {
      requestSeconds: environment.bounds.requestSeconds,
    });
    try {
      const value = await readWhole(client, bucket, key);
      if (value !== null) return value;
    } catch (error) {
      if (!(
        hasCode(error, 'AccessDenied', 'UserSuspended') ||
        (error instanceof StoreError && error.status === 403)
      )) {
        throw error;
      }
    } finally {
      await client.close();
    }
  }
  return null;
}
