import { CACHED_CLUSTER } from '../../contract/names.ts';
import type { Environment } from '../../contract/environment.ts';
import { messageOf } from '../../contract/errors.ts';
import type { Application, Target } from './attempts.ts';
import type { Bodies } from './bodies.ts';
import type { JournalLine, JsonLines } from './journal.ts';
import type { PlainReader } from './reading.ts';
import type { Finding, Statistics } from './statistics.ts';

/** What all logical clients of one process share. */
export type Shared = {
  environment: Environment;
  applications: ReadonlyMap<string, Application>;
  journal: JsonLines<JournalLine>;
  findings: JsonLines<Finding>;
  statistics: Statistics;
  bodies: Bodies;
  plain: PlainReader;
  random: () => number;
  /** Milliseconds since 1970 by a clock that does not jump while the process lives. */
  now: () => number;
  nextId: () => number;
  /** How long a key rests after an attempt without an answer, in milliseconds. */
  quietMs: number;
  /** Gets every error that no client expects; the process then ends, because a checker that goes on half is none. */
  onDefect: (error: unknown) => void;
};

export function applicationOf({ applications }: Shared, move: string): Application {
  const application = applications.get(move);
  if (application === undefined) throw new Error(`No move named ${move}`);
  return application;
}

/** Which store answered, for the charts. */
export function answeredBy(shared: Shared, move: string, { client, bucket }: Target): 's3' | 'ceph' {
  const { source, moves } = shared.environment;
  const sourceBucket = moves.find(({ name }) => name === move)?.sourceBucket;
  return client.endpoint.endpoint === source.endpoint && bucket === sourceBucket ? 's3' : 'ceph';
}

/** Counts something that must not be, and writes it down at once: a kill loses none. */
export function report(
  { statistics, findings }: Shared,
  kind: Finding['kind'],
  what: { operation: string; move: string; key: string; detail: unknown },
): void {
  const detail = typeof what.detail === 'string' ? what.detail : messageOf(what.detail);
  const finding = { at: new Date().toISOString(), kind, ...what, detail };
  statistics.found(finding);
  findings.append(finding);
}

/** Whether anyone may read the objects of a move, through the cache tier. */
export function isPublic({ environment }: Shared, move: string): boolean {
  return environment.moves.some(
    ({ name, targetCluster }) => name === move && targetCluster === CACHED_CLUSTER,
  );
}
