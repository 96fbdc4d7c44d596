import type { FleetFigures, FleetSample } from '../clients/statistics.ts';
import type { AuditResult } from '../clients/audit.ts';

/** All that the report shows; collected by `collect.ts`, drawn and written by pure functions. */
export type Figures = {
  /** The phase in which the environment is left. */
  phase: string;
  objects: number;
  bytes: number;
  operations: {
    captured: number;
    /** Still to be handled. */
    open: number;
    /** By what came of them: copied, deleted, equal, applied, conflict, … */
    outcomes: Record<string, number>;
  };
  lag: { maxSeconds: number | null; p99Seconds: number | null; series: LagSample[] };
  holds: HoldFigure[];
  /** Null where the clients have not run. */
  clients:
    | (Omit<FleetFigures, 'waiting' | 'latencies'> & { rate: number; count: number; residentBytes: number })
    | null;
  series: FleetSample[];
  /** Null where the final store was not read. */
  audit: AuditResult | null;
  conflicts: { move: string; key: string; kind: string; quarantine: string | null; reason: string }[];
  certificates: CertificateFigure[];
  memory: { script: string; processes: number; peakBytes: number }[];
  phases: PhaseFigure[];
  /** Objects on Ceph, by the time of their last write. */
  copied: { at: Date; objects: number }[];
  pictures: { key: string; dataUri: string }[];
  addresses: { name: string; url: string }[];
};

export type LagSample = { at: Date; seconds: number; operations: number };
export type HoldFigure = {
  direction: 'to-target' | 'to-source';
  state: 'holding' | 'turned' | 'done' | 'called-off';
  startedAt: Date;
  turnedAt: Date | null;
  endedAt: Date | null;
  reason: string | null;
};
export type CertificateFigure = {
  id: string;
  kind: string;
  move: string;
  at: Date;
  epoch: string;
  findings: number;
  objects: number | null;
  /** It covers only what changed since the one before it. */
  changedOnly: boolean;
  digest: string | null;
};
export type PhaseFigure = { phase: string; startedAt: Date; endedAt: Date | null };

/** A figure that must be 0. `value` is null where nobody looked, which is no zero. */
export type Zero = { name: string; value: number | null; checked: string };

/** The promises of the move, each with how it was checked. */
export function zerosOf({ clients, audit }: Pick<Figures, 'clients' | 'audit'>): Zero[] {
  const both = (during: number | undefined, after: number | undefined): number | null =>
    during === undefined || after === undefined ? null : during + after;
  const checks = clients === null ? 'no client ran' : `${count(clients.operations)} operations checked`;
  const keys =
    audit === null
      ? 'the final store was not read'
      : `${count(audit.checked)} keys compared at the end, ${count(audit.readWhole)} to the last byte`;
  return [
    { name: 'failed requests', value: clients?.failed ?? null, checked: checks },
    { name: 'lost writes', value: both(clients?.lost, audit?.lost), checked: keys },
    { name: 'resurrected objects', value: both(clients?.resurrected, audit?.resurrected), checked: keys },
    {
      name: 'wrong objects or reads',
      value: both(clients?.wrong, audit === null ? undefined : audit.wrong + audit.unexpected),
      checked: checks,
    },
    {
      name: 'stale reads through the cache',
      value: clients?.stale ?? null,
      checked:
        clients === null ? checks : `${count(clients.kinds['cached']?.count ?? 0)} reads against their bound`,
    },
    {
      name: 'straggler’s writes unaccounted for',
      value: audit?.straggler.unaccounted ?? null,
      checked: audit === null ? keys : `${audit.straggler.writes} writes to S3 followed up`,
    },
  ];
}

/** One thing that is not as it must be. */
export type FindingFigure = { kind: string; seenBy: string; name: string; detail: string };

/** The first findings, and how many there are in all: of what clients saw only some are kept with their keys. */
export function findingsOf(
  { clients, audit }: Pick<Figures, 'clients' | 'audit'>,
  most: number,
): { listed: FindingFigure[]; total: number } {
  const seen = (clients?.findings ?? []).map(({ at, kind, operation, move, key, detail }) => ({
    kind,
    seenBy: `${operation}, ${at.slice(11, 19)}`,
    name: `${move}/${key}`,
    detail,
  }));
  const audited = (audit?.findings ?? []).map(({ kind, move, key, detail }) => ({
    kind,
    seenBy: 'final store',
    name: `${move}/${key}`,
    detail,
  }));
  const during =
    clients === null
      ? 0
      : clients.failed + clients.lost + clients.resurrected + clients.wrong + clients.stale;
  return { listed: [...seen, ...audited].slice(0, most), total: during + audited.length };
}

/** 0 where every zero is one, else 1. */
export function exitCodeOf(figures: Pick<Figures, 'clients' | 'audit'>): 0 | 1 {
  return zerosOf(figures).every(({ value }) => value === 0) ? 0 : 1;
}

/** The seconds that clients' writes waited for: from the first word of the hold to the last. */
export function holdSeconds({ startedAt, endedAt, turnedAt }: HoldFigure): number | null {
  const end = endedAt ?? turnedAt;
  return end === null ? null : (end.getTime() - startedAt.getTime()) / 1000;
}

export function count(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

export function bytes(value: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let rest = value;
  let unit = 0;
  while (rest >= 1000 && unit < units.length - 1) {
    rest /= 1000;
    unit++;
  }
  return `${rest >= 100 || unit === 0 ? Math.round(rest) : rest.toFixed(1)} ${units[unit]}`;
}

export function mebibytes(value: number): string {
  return `${Math.round(value / 2 ** 20)} MiB`;
}

/** `0.42 s`, `12.3 s`, `4 min 05 s`; a dash where there is none. */
export function seconds(value: number | null): string {
  if (value === null) return '–';
  if (value >= 60)
    return `${Math.floor(value / 60)} min ${String(Math.floor(value % 60)).padStart(2, '0')} s`;
  return `${value >= 10 ? value.toFixed(1) : value.toFixed(2)} s`;
}
