import type { Environment } from '../../scripts/contract/environment.ts';
import type { Answered } from './clients.ts';
import type { Code } from './code.ts';
import { ModelLedger } from './ledger/model-ledger.ts';
import type { Plan } from './plan.ts';
import { Cues, type Cue } from './platform/cues.ts';
import { Random } from './platform/random.ts';
import { Simulation, type Process } from './platform/simulation.ts';
import { trouble } from './platform/trouble.ts';
import { LATEST_MILLISECONDS } from './platform/undici.ts';
import { placeWorld } from './platform/world-of.ts';
import { Bucket } from './store/bucket.ts';
import { ModelStore } from './store/model-store.ts';

export const SOURCE_BUCKET = 'on-s3';
export const TARGET_BUCKET = 'on-ceph';
export const QUARANTINE_BUCKET = 'migration-quarantine';
/** The applications, which follow their parameter, and those that do not. */
export const FOLLOWER = 'applications';
export const STRAGGLER = 'customer';
/** A lifecycle rule that the customer's bucket has of its own. */
export const CUSTOMERS_RULE = "the customer's rule";

/** Everything of one run. */
export class ModelWorld {
  readonly code: Code;
  readonly plan: Plan;
  readonly simulation: Simulation;
  readonly ledger: ModelLedger;
  readonly source: ModelStore;
  readonly target: ModelStore;
  readonly environment: Environment;
  readonly files = new Map<string, string>();
  readonly cues = new Cues();
  /** The parameter as it was written, and when. */
  readonly parameters: { at: number; text: string }[] = [];
  /** When the writes of who uses the stores are carried out. */
  readonly landing = new Map<Process, Cue | null>();
  /** How many effects there have been on both stores: the order of all that matters. */
  effects = 0;
  /** Keys that a client's write or delete was let pass of. */
  readonly taken = new Set<string>();
  /** When the ledger was restored from a backup, in milliseconds of the model's clock. */
  restoredAt: number | null = null;
  /** The orders of the effects whose events never come. */
  readonly lost = new Set<number>();
  /** The orders of the effects whose events come late. */
  readonly late = new Set<number>();
  /** Requests of clients that were answered. */
  readonly answered: Answered[] = [];
  /** Keys that are on S3 alone and on the pending list when chance begins, with their ETags. */
  readonly pendingAtFirst = new Map<string, string>();
  /** What was seen that must never be. */
  readonly violations: string[] = [];
  /** Whether the run's long-running processes shall end. */
  readonly stop = new AbortController();

  constructor(code: Code, plan: Plan, options: { telling?: boolean; recording?: boolean } = {}) {
    this.code = code;
    this.plan = plan;
    this.simulation = new Simulation({ order: 0, blows: [], telling: options.telling ?? false });
    this.ledger = new ModelLedger(this.simulation, { recording: options.recording ?? false });
    const nextOrder = () => (this.effects += 1);
    this.source = new ModelStore(this.simulation, nextOrder);
    this.target = new ModelStore(this.simulation, nextOrder);
    this.source.buckets.set(SOURCE_BUCKET, new Bucket(FOLLOWER));
    this.target.buckets.set(TARGET_BUCKET, new Bucket(FOLLOWER));
    this.target.buckets.set(QUARANTINE_BUCKET, new Bucket(FOLLOWER));
    this.environment = environmentOfModel(plan);
    const users = [FOLLOWER, STRAGGLER, 'migration', 'migration-sync', 'migration-replay'];
    const all = [...users, 'migration-straggler', 'migration-verify', 'admin'];
    const keys = all.map((user) => [user, { accessKeyId: user, secretAccessKey: 'secret' }]);
    this.files.set('/keys.json', JSON.stringify(Object.fromEntries(keys)));
    this.target.suspended.add('migration-straggler');
    trouble.share = 0;
    this.simulation.onBlow = () => this.cues.note('a blow');
    placeWorld(this.simulation, {
      ledger: this.ledger,
      files: this.files,
      cues: this.cues,
      parameters: this.parameters,
      // Of clients as long as their parameter says in a hold; of workers within the bound of all requests.
      longest: {
        applications: longestOf(this.environment),
        customer: LATEST_MILLISECONDS,
      },
      landing: this.landing,
      stores: new Map([
        ['http://s3', this.source],
        ['http://ceph', this.target],
      ]),
    });
  }

  /** From now on chance rules: how long everything takes, what breaks, who dies. */
  beginChaos(): void {
    const { order, slow, blows, broken } = this.plan;
    this.simulation.tell('--- chance begins');
    this.simulation.chance(new Random(order, slow), blows);
    trouble.share = broken / 100;
  }

  /** Nothing breaks any more: what is left over must come to its end now. */
  endChaos(): void {
    this.simulation.tell('--- chance ends');
    this.simulation.chance(new Random(0), []);
    trouble.share = 0;
  }

  violated(what: string): void {
    this.simulation.tell(`VIOLATED: ${what}`);
    if (!this.violations.includes(what)) this.violations.push(what);
  }
}

/** How long a request of the applications may be on its way, and then be worked on, in milliseconds. */
export function longestOf({ bounds }: Environment): number {
  return (bounds.holdRequestSeconds * 1000) / 2 - 5;
}

/** As a run of the model needs it: milliseconds where the real one has seconds. */
function environmentOfModel({ unhurried }: Plan): Environment {
  const store = (name: string) => ({
    kind: 'ceph' as const,
    endpoint: `http://${name}`,
    region: 'us-east-1',
    addressing: 'path' as const,
    credentials: { kind: 'file' as const, file: '/keys.json' },
  });
  return {
    name: 'local',
    ledger: 'postgres://ledger',
    source: store('s3'),
    targets: { images: store('ceph') },
    moves: [
      { name: 'images', sourceBucket: SOURCE_BUCKET, targetCluster: 'images', targetBucket: TARGET_BUCKET },
    ],
    capture: { kind: 'push', receiver: 'http://capture', topic: 'capture' },
    parameter: { kind: 'file', file: '/parameter.json' },
    cacheTier: {
      endpoint: 'http://nginx',
      maxStaleSeconds: 2,
      turn: { kind: 'file', originFile: '/origin.conf', reload: ['reload'] },
    },
    pending: { endpoint: 'http://pending' },
    workers: { kind: 'supervisor', supervisorConfig: '/supervisord.conf' },
    bounds: {
      refreshSeconds: unhurried ? 0.5 : 0.1,
      requestSeconds: unhurried ? 1.5 : 0.7,
      holdRequestSeconds: unhurried ? 1.4 : 0.4,
      holdLimitSeconds: unhurried ? 8 : 5,
      lateEventSeconds: 8,
      leaseSeconds: 0.35,
      canarySeconds: 2,
      canarySilenceSeconds: 600,
      certificateSeconds: 86_400,
      lagSeconds: 3,
      quietSeconds: 0.5,
      keepDays: 15,
    },
    sync: { workers: 2, concurrency: 2, keysPerShard: 2 },
    wait: true,
    clockAheadSeconds: 0,
  };
}
