/** The ledger's rows as the model keeps them. Times are milliseconds; ids count as PostgreSQL's sequences do. */

export type OperationRow = {
  position: bigint;
  receivedAt: number;
  transaction: bigint;
  /** False while the transaction that appended it has not committed: nobody else sees it. */
  committed: boolean;
  move: string;
  key: string;
  kind: string;
  eventName: string;
  sequencer: string | null;
  etag: string | null;
  eventTime: number | null;
  retiredAt: number | null;
  outcome: string | null;
};
/** Keys from `lower` to `upper`; null: without end. */
export type ClaimRow = {
  id: bigint;
  move: string;
  lower: string | null;
  lowerInclusive: boolean;
  upper: string | null;
  upperInclusive: boolean;
  owner: string;
  epoch: bigint;
  expiresAt: number;
};
export type ShardRow = {
  id: bigint;
  move: string;
  run: bigint;
  number: number;
  after: string;
  until: string | null;
  checkpoint: string;
  state: 'open' | 'done';
  owner: string | null;
  leaseUntil: number | null;
  objects: number;
  bytes: number;
  copied: number;
  copiedBytes: number;
  deleted: number;
  failed: number;
};
export type RunRow = {
  run: bigint;
  move: string;
  state: 'splitting' | 'copying' | 'done';
  startedAt: number;
  endedAt: number | null;
  objectsExpected: number | null;
  bytesExpected: number | null;
  wantedAt: number | null;
  deletesCounted: number;
};
export type HoldRow = {
  id: bigint;
  direction: 'to-target' | 'to-source';
  state: 'holding' | 'turned' | 'done' | 'called-off';
  startedAt: number;
  limitSeconds: number;
  turnedAt: number | null;
  endedAt: number | null;
  reason: string | null;
  detail: Record<string, unknown>;
};
export type PreHoldRow = { move: string; eventsBefore: number; receivedUntil: number; horizon: bigint };
export type CertificateRow = {
  id: bigint;
  kind: string;
  move: string;
  at: number;
  epoch: bigint;
  horizon: bigint;
  findings: number;
  document: Record<string, unknown>;
};
export type GapRow = {
  id: bigint;
  move: string;
  beganAt: number;
  why: string;
  endedAt: number | null;
  endedTransaction: bigint | null;
};
export type ConflictRow = {
  id: bigint;
  move: string;
  key: string;
  position: bigint;
  kind: string;
  sourceEtag: string | null;
  quarantineBucket: string | null;
  quarantineKey: string | null;
  reason: string;
};
export type FailedRow = {
  move: string;
  key: string;
  stage: string;
  reason: string;
  attempts: number;
  nextAt: number;
};
export type PendingRow = {
  move: string;
  key: string;
  reason: string;
  at: number;
  askedAt: number | null;
  takenAt: number | null;
};
export type ProvenPairRow = {
  move: string;
  key: string;
  sourceEtag: string;
  sourceSize: number;
  targetEtag: string;
  targetVersion: string;
  provenBy: string;
  provenAt: number;
};
export type MoveRow = {
  phase: string;
  entering: string | null;
  epoch: bigint;
  writesGoTo: 'source' | 'target';
  cutoverAt: number | null;
};

export type Tables = {
  move: MoveRow;
  operation: OperationRow[];
  claim: ClaimRow[];
  shard: ShardRow[];
  syncRun: RunRow[];
  hold: HoldRow[];
  preHold: PreHoldRow[];
  certificate: CertificateRow[];
  captureGap: GapRow[];
  conflict: ConflictRow[];
  failedKey: FailedRow[];
  pendingKey: PendingRow[];
  waiver: { move: string; key: string; reason: string; namedBy: string; at: number }[];
  provenPair: ProvenPairRow[];
  history: { moved: string; from: string; to: string; epoch: bigint }[];
};

export function emptyTables(): Tables {
  return {
    move: { phase: 'none', entering: null, epoch: 1n, writesGoTo: 'source', cutoverAt: null },
    operation: [],
    claim: [],
    shard: [],
    syncRun: [],
    hold: [],
    preHold: [],
    certificate: [],
    captureGap: [],
    conflict: [],
    failedKey: [],
    pendingKey: [],
    waiver: [],
    provenPair: [],
    history: [],
  };
}
