import { PHASES, type Phase } from './phases.ts';

/** Who runs a step: the gate before anything changes, or settle after all parts have changed. */
export type StepPlace = 'gate' | 'settle';

/** What is done, by name. `scripts/move/steps/` has exactly one function for each. */
export type StepId =
  | 'preflight'
  | 'capture-healthy'
  | 'sync-complete'
  | 'base-certificate'
  | 'lag-bounded'
  | 'quiet'
  | 'pending-empty'
  | 'containment'
  | 'retire-guards'
  | 'source-empty'
  | 'no-writes-on-target'
  | 'parameter-source'
  | 'origin-source'
  | 'source-readers-allow'
  | 'source-readers-deny'
  | 'archive-rules-install'
  | 'archive-rules-remove'
  | 'failover-allow'
  | 'failover-deny'
  | 'object-events'
  | 'capture-topic'
  | 'capture-install'
  | 'canary'
  | 'writers-enable'
  | 'sync-start'
  | 'certify-base'
  | 'hold-to-target'
  | 'hold-to-source'
  | 'stragglers-suspend'
  | 'origin-target-only'
  | 'expire-source'
  | 'remove-ours';

export type Step = {
  at: StepPlace;
  id: StepId;
  /** One line for `pulumi preview`. */
  says: string;
  /** Runs after the arrival is recorded: long work that the phase begins and does not wait for. */
  afterArrival?: true;
};

export type Plan =
  | { kind: 'enter' | 'roll-back'; from: Phase | 'none'; to: Phase; steps: readonly Step[] }
  | { kind: 'stay'; from: Phase; to: Phase; steps: readonly [] }
  | { kind: 'refused'; from: Phase | 'none'; to: Phase; reason: string };

const gate = (id: StepId, says: string): Step => ({ at: 'gate', id, says });
const settle = (id: StepId, says: string): Step => ({ at: 'settle', id, says });

const ENTER: Record<Phase, readonly Step[]> = {
  prepare: [
    gate('preflight', 'preflight: source, targets, credentials and documents have no blocking finding'),
    settle(
      'source-readers-allow',
      "merge into the source buckets' policies that the cache tier and the CDN may read",
    ),
    settle(
      'archive-rules-install',
      'merge the archive rules into the lifecycle documents while S3 is the store',
    ),
    settle('capture-topic', "create the topic that S3's notifications will go to; no bucket is touched"),
    settle('origin-source', "Nginx's only origin is S3"),
    settle('parameter-source', "the applications' parameter says S3"),
  ],
  copy: [
    gate('preflight', 'preflight again: no blocking finding'),
    gate('capture-healthy', 'the receiver of notifications answers'),
    settle('writers-enable', "sync's and replay's Ceph users may write"),
    settle('capture-install', "merge our entry into the source buckets' notification documents"),
    settle('canary', 'prove capture: a canary written to every source bucket comes through to the log'),
    {
      ...settle('sync-start', 'start the bulk copy (with storage:wait: until it is complete)'),
      afterArrival: true,
    },
    {
      ...settle('certify-base', 'with storage:wait: compare both sides and write the base certificate'),
      afterArrival: true,
    },
  ],
  cutover: [
    gate('sync-complete', 'every shard of the bulk copy is done and no key is on the failed list'),
    gate('lag-bounded', 'replay lags less than its bound'),
    gate('base-certificate', 'a base certificate without findings, brought up to now'),
    settle('failover-deny', 'the CDN may read S3 no more: it knows no deletions that come from now on'),
    settle('object-events', 'Ceph tells the receiver of object events of every change from now on'),
    settle(
      'hold-to-target',
      'the hold: writes wait for seconds, the last changes are replayed and certified, Nginx and the parameter turn to Ceph',
    ),
    settle('archive-rules-remove', 'remove our archive rules: S3 is kept as it is from now on'),
  ],
  retain: [
    gate('quiet', 'nobody but us has written to S3 for the quiet period'),
    gate('pending-empty', 'the pending list is empty, no operation is open, no key is on the failed list'),
    gate(
      'containment',
      'the window for what S3 tells late is over; since then both listings were merged, and no key is wrong',
    ),
  ],
  retire: [
    gate(
      'retire-guards',
      '15 days since cutover, no S3 traffic; then: deny writes to S3, drain, list open uploads, containment certificate',
    ),
    settle('stragglers-suspend', 'replay has stopped; its Ceph user is suspended'),
    settle('origin-target-only', 'Nginx knows only Ceph'),
    settle('source-readers-deny', "remove from the source buckets' policies that the cache tier may read"),
    settle('expire-source', 'merge lifecycle rules that expire everything in the source buckets'),
  ],
  done: [
    gate(
      'source-empty',
      'a complete listing shows no object, version, marker or upload in the source buckets',
    ),
    settle(
      'remove-ours',
      'remove our notification entry, lifecycle rules and policy statement from the source buckets; Ceph keeps no more versions',
    ),
  ],
};

const ROLL_BACK: readonly Step[] = [
  gate('no-writes-on-target', 'Ceph holds no write that S3 does not'),
  settle('hold-to-source', 'the hold in reverse: writes wait, then Nginx and the parameter turn back to S3'),
  settle('failover-allow', 'the CDN may read S3 again where the cache tier fails'),
  settle('archive-rules-install', 'merge the archive rules again'),
  settle('writers-enable', "sync's and replay's Ceph users may write again"),
  settle('canary', 'prove capture again'),
  { ...settle('sync-start', 'start the bulk copy again: it copies only what differs'), afterArrival: true },
  { ...settle('certify-base', 'with storage:wait: a new base certificate'), afterArrival: true },
];

/**
 * What leads from one phase to another. Pure: `pulumi preview` prints it, the gate and settle run it.
 *
 * @param from where the ledger says that the move is
 * @param to   what the configuration asks for
 */
export function plan(from: Phase | 'none', to: Phase): Plan {
  if (from === to) return { kind: 'stay', from, to, steps: [] };
  if (to === 'copy' && (from === 'cutover' || from === 'retain')) {
    return { kind: 'roll-back', from, to, steps: ROLL_BACK };
  }
  const here = from === 'none' ? -1 : PHASES.indexOf(from);
  const there = PHASES.indexOf(to);
  if (there === here + 1) return { kind: 'enter', from, to, steps: ENTER[to] };
  return { kind: 'refused', from, to, reason: refusal(from, to, here, there) };
}

function refusal(from: Phase | 'none', to: Phase, here: number, there: number): string {
  if (there > here) {
    const skipped = PHASES.slice(here + 1, there);
    return (
      `${skipped.join(' and ')} would be skipped, and with ${skipped.length === 1 ? 'it' : 'them'} what must be proven ` +
      `before ${to}. Set storage:phase to ${skipped[0] ?? to} first.`
    );
  }
  if (from === 'retire' || from === 'done') {
    return `S3 is being emptied since ${from === 'retire' ? 'this phase' : 'retire'} began: there is no way back to ${to}.`;
  }
  if (from === 'retain' && to === 'cutover') {
    return 'retain only adds that S3 is quiet; there is nothing to take back. To return to S3, set storage:phase to copy.';
  }
  return `Nothing that ${from} does harms ${to}'s state, so there is no step back to it. Stay in ${from}.`;
}

/** The plan as `pulumi preview` prints it. */
export function describePlan(planned: Plan): string {
  switch (planned.kind) {
    case 'stay':
      return `Phase ${planned.to}: nothing to enter, the move is there already.`;
    case 'refused':
      return `Phase ${planned.from} → ${planned.to} will be refused: ${planned.reason}`;
    case 'enter':
    case 'roll-back': {
      const title = planned.kind === 'enter' ? 'Phase' : 'Rollback';
      const lines = planned.steps.map((step, index) => `  ${index + 1}. ${step.at}: ${step.says}`);
      return [`${title} ${planned.from} → ${planned.to}:`, ...lines].join('\n');
    }
  }
}
