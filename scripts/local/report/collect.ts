import { readParameter } from '../../platform/applications-parameter/parameter.ts';
import type { Environment } from '../../contract/environment.ts';
import { endpointOf } from '../places.ts';
import type { Database } from '../../ledger/database.ts';
import { listConflicts } from '../../ledger/conflicts.ts';
import { listHolds } from '../../ledger/holds.ts';
import { readMove } from '../../ledger/move.ts';
import { replayLag } from '../../ledger/operations.ts';
import { listProcessReports } from '../../ledger/reports.ts';
import { StoreClient } from '../../store/client.ts';
import type { AuditResult } from '../clients/audit.ts';
import type { ClientFiles } from '../clients/files.ts';
import { allJsonLines } from '../clients/journal.ts';
import type { FleetSample } from '../clients/statistics.ts';
import { readFleetStatus } from '../clients/status-file.ts';
import { thin } from './thin.ts';
import type { CertificateFigure, Figures, LagSample, PhaseFigure } from './figures.ts';
import { APPLICATIONS } from '../../contract/names.ts';

/** One line of the driver's record: `phase-start` and `phase-end` with a phase, and whatever else it notes. */
export type RunEvent = { at: string; event: string; phase?: string };

export type CollectOptions = {
  files: Pick<ClientFiles, 'fleetStatus' | 'fleetSeries' | 'runEvents'>;
  /** Null where the final store was not read. */
  audit: AuditResult | null;
  addresses?: { name: string; url: string }[];
};

const PICTURES = 16;
const LARGEST_PICTURE_BYTES = 30_000;
const POINTS = 400;

/** Gathers the report's figures from the ledger, the stores, the clients' and the driver's files. */
export async function collectFigures(
  environment: Environment,
  ledger: Database,
  options: CollectOptions,
): Promise<Figures> {
  const { phase } = await readMove(ledger);
  const [store, operations, lag, certificates, memory] = await Promise.all([
    readStores(environment),
    countOperations(ledger),
    readLag(ledger),
    readCertificates(ledger),
    readMemory(ledger),
  ]);
  return {
    phase,
    ...store,
    operations,
    lag,
    holds: await listHolds(ledger),
    clients: await readClients(options.files.fleetStatus),
    series: await allJsonLines<FleetSample>(options.files.fleetSeries),
    audit: options.audit,
    conflicts: (await listConflicts(ledger)).map(
      ({ move, key, kind, quarantineBucket, quarantineKey, reason }) => ({
        move,
        key,
        kind,
        quarantine: quarantineKey === null ? null : `${quarantineBucket}/${quarantineKey}`,
        reason,
      }),
    ),
    certificates,
    memory,
    phases: phasesOf(await allJsonLines<RunEvent>(options.files.runEvents)),
    addresses: options.addresses ?? [],
  };
}

/** Phases in the order in which they were first entered; the last begin and end of each counts. */
export function phasesOf(events: readonly RunEvent[]): PhaseFigure[] {
  const phases = new Map<string, PhaseFigure>();
  for (const { at, event, phase } of events) {
    if (phase === undefined) continue;
    const known = phases.get(phase);
    if (event === 'phase-start') {
      // A run that goes on enters its phase again: what was reached before stays.
      if (known === undefined) phases.set(phase, { phase, startedAt: new Date(at), endedAt: null });
    } else if (event === 'phase-end' && known !== undefined) {
      known.endedAt ??= new Date(at);
    }
  }
  return [...phases.values()];
}

type Stored = Pick<Figures, 'objects' | 'bytes' | 'copied' | 'pictures'>;

/** Lists what the applications use now, and what is on Ceph by the time of its last write. */
async function readStores(environment: Environment): Promise<Stored> {
  const stored: Stored = { objects: 0, bytes: 0, copied: [], pictures: [] };
  const parameter = await readParameter(environment);
  const written: Date[] = [];
  const { requestSeconds } = environment.bounds;
  for (const { name, targetCluster, targetBucket } of environment.moves) {
    const store = parameter?.stores[name];
    const target = environment.targets[targetCluster];
    if (store === undefined || target === undefined) continue;
    const { bucket } = store;
    const used = await StoreClient.open(endpointOf(store), APPLICATIONS, { requestSeconds });
    const onCeph = await StoreClient.open(target, APPLICATIONS, { requestSeconds });
    try {
      const candidates: string[] = [];
      for await (const { key, size } of used.list(bucket)) {
        stored.objects++;
        stored.bytes += size;
        if (/-card\.jpg$/.test(key) && size < LARGEST_PICTURE_BYTES) candidates.push(key);
      }
      for await (const { lastModified } of onCeph.list(targetBucket)) written.push(lastModified);
      const step = Math.max(candidates.length / PICTURES, 1);
      for (let index = 0; index < candidates.length && stored.pictures.length < PICTURES; index += step) {
        const picture = await readPicture(used, bucket, candidates[Math.floor(index)] ?? '');
        if (picture !== null) stored.pictures.push(picture);
      }
    } finally {
      await Promise.all([used.close(), onCeph.close()]);
    }
  }
  const sorted = written.map(Number).sort((a, b) => a - b);
  let objects = 0;
  for (const group of thin(sorted, POINTS, (at) => at)) {
    objects += group.length;
    stored.copied.push({ at: new Date(group.at(-1) ?? 0), objects });
  }
  return stored;
}

/** Clients overwrite photographs with bytes that are none; those are no pictures to show. */
async function readPicture(
  client: StoreClient,
  bucket: string,
  key: string,
): Promise<{ key: string; dataUri: string } | null> {
  const found = await client.get(bucket, key);
  if (found === null) return null;
  const chunks: Buffer[] = [];
  for await (const chunk of found.body) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  const isJpeg = body[0] === 0xff && body[1] === 0xd8;
  return isJpeg ? { key, dataUri: `data:image/jpeg;base64,${body.toString('base64')}` } : null;
}

async function countOperations(ledger: Database): Promise<Figures['operations']> {
  const { rows } = await ledger.query<{ outcome: string | null; many: number }>(
    `SELECT outcome, count(*)::int AS many FROM operation WHERE kind <> 'canary' GROUP BY outcome`,
  );
  const { operations: open } = await replayLag(ledger);
  const outcomes = Object.fromEntries(
    rows.flatMap(({ outcome, many }) => (outcome === null ? [] : [[outcome, many]])),
  );
  return { captured: rows.reduce((sum, { many }) => sum + many, 0), open, outcomes };
}

async function readLag(ledger: Database): Promise<Figures['lag']> {
  const { rows: series } = await ledger.query<LagSample>(
    'SELECT at, seconds, operations::float8 FROM lag_sample ORDER BY at',
  );
  const { rows } = await ledger.query<{ max: number | null; p99: number | null }>(
    'SELECT max(seconds) AS max, percentile_disc(0.99) WITHIN GROUP (ORDER BY seconds) AS p99 FROM lag_sample',
  );
  return { maxSeconds: rows[0]?.max ?? null, p99Seconds: rows[0]?.p99 ?? null, series };
}

async function readCertificates(ledger: Database): Promise<CertificateFigure[]> {
  const { rows } = await ledger.query<CertificateFigure>(
    `SELECT id::text, kind, move, at, epoch::text, findings::float8,
       (document ->> 'objects')::float8 AS objects, document ->> 'digest' AS digest,
       (document ->> 'scope') IS NOT DISTINCT FROM 'touched' AS "changedOnly"
     FROM certificate ORDER BY certificate.id`,
  );
  return newestOfEach(rows);
}

/** The newest of each kind and bucket: of all objects, and of what changed since; in the order given. */
export function newestOfEach(certificates: readonly CertificateFigure[]): CertificateFigure[] {
  const name = ({ kind, move, changedOnly }: CertificateFigure): string => `${kind} ${move} ${changedOnly}`;
  const newest = new Map(certificates.map((certificate) => [name(certificate), certificate]));
  return certificates.filter((certificate) => newest.get(name(certificate)) === certificate);
}

async function readMemory(ledger: Database): Promise<Figures['memory']> {
  const byScript = Map.groupBy(await listProcessReports(ledger), ({ script }) => script);
  return [...byScript].map(([script, reports]) => ({
    script,
    processes: reports.length,
    peakBytes: Math.max(...reports.map(({ peakRssBytes }) => peakRssBytes)),
  }));
}

async function readClients(file: string): Promise<Figures['clients']> {
  const status = await readFleetStatus(file);
  return status === null ? null : { ...status, count: status.clients };
}
