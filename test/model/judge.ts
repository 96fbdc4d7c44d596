import { RESERVED_PREFIX } from '../../scripts/contract/names.ts';
import { short, type Effect } from './store/model-store.ts';
import {
  CUSTOMERS_RULE,
  QUARANTINE_BUCKET,
  FOLLOWER,
  SOURCE_BUCKET,
  STRAGGLER,
  TARGET_BUCKET,
  type ModelWorld,
} from './world.ts';

const OLD_WRITERS = ['migration-sync', 'migration-replay'];
const NEW_WRITER = 'migration-straggler';
const DAY_MILLISECONDS = 86_400_000;

/** What stood on both sides when the applications turned. */
type Turn = {
  to: 'source' | 'target';
  order: number;
  /** The order of the effects when its hold began. */
  holdBegan: number;
  source: State;
  target: State;
  /** Keys that Ceph had ever heard of. */
  known: Set<string>;
  /** Keys of which S3 tells late: perhaps not everything yet. */
  untold: Set<string>;
};
/** The ETags of the current objects, by key. */
type State = ReadonlyMap<string, string>;

/**
 * The invariants of design.md §4, judged by what the stores did and never by what the migration says of it.
 * Some are watched all the time, the others are judged when nothing moves any more.
 */
export class Judge {
  readonly #world: ModelWorld;
  #turn: Turn | null = null;
  /** The order of the effects when the last hold began. */
  #holdBegan = 0;

  constructor(world: ModelWorld) {
    this.#world = world;
    world.source.onEffect((effect) => {
      if (effect.bucket === SOURCE_BUCKET && !effect.key.startsWith(RESERVED_PREFIX))
        this.#watchSource(effect);
    });
    world.target.onEffect((effect) => {
      if (effect.bucket === TARGET_BUCKET) this.#watchTarget(effect);
    });
    world.ledger.onHold = () => (this.#holdBegan = world.effects);
    world.ledger.onMove = (move, before) => {
      if (move.writesGoTo !== before.writesGoTo) this.#watchTurn(move.writesGoTo);
    };
  }

  /** Invariants 2 and 4: S3 is nobody's but its clients', until it may be emptied. */
  #watchSource(effect: Effect): void {
    const world = this.#world;
    if (effect.by === CUSTOMERS_RULE) return;
    if (effect.kind === 'expire') return this.#watchExpiry(effect);
    if (effect.by !== FOLLOWER && effect.by !== STRAGGLER && effect.by !== 'archive') {
      world.violated(`4: ${effect.by} changed ${effect.key} on S3`);
    }
    if (effect.by === FOLLOWER && this.#turn?.to === 'target') {
      world.violated(`1: a client that follows the parameter wrote ${effect.key} to S3 after the turn`);
    }
  }

  /** Invariants 1 and 2: whose word counts on Ceph. */
  #watchTarget(effect: Effect): void {
    const world = this.#world;
    const turned = this.#turn?.to === 'target';
    if (turned && OLD_WRITERS.includes(effect.by)) {
      world.violated(`2: ${effect.by} of an older epoch changed ${effect.key} on Ceph after the turn`);
    }
    if (turned && effect.by === NEW_WRITER && effect.kind === 'delete') {
      world.violated(`2: ${effect.key} was deleted on Ceph though no client did it`);
    }
    if (!turned && this.#turn?.to === 'source' && effect.by === FOLLOWER) {
      world.violated(`1: ${effect.key} was written to Ceph after the applications had turned back`);
    }
  }

  #watchTurn(to: Turn['to']): void {
    const { source, target, effects } = this.#world;
    const turn: Turn = {
      to,
      order: effects,
      holdBegan: this.#holdBegan,
      source: stateOf(this.#world, 'source'),
      target: stateOf(this.#world, 'target'),
      known: new Set(target.bucket(TARGET_BUCKET).keys()),
      untold: new Set(
        source.journal.filter(({ order }) => this.#world.late.has(order)).map(({ key }) => key),
      ),
    };
    if (to === 'target') {
      for (const key of new Set([...turn.source.keys(), ...turn.target.keys()])) {
        const last = source.journal.findLast((effect) => effect.key === key);
        // A straggler's, who ignores the hold: judged at the end.
        if (last?.by === STRAGGLER && last.order > this.#holdBegan) continue;
        if (turn.untold.has(key)) continue;
        if (turn.source.get(key) !== turn.target.get(key)) {
          this.#world.violated(`3: the applications turned while ${key} differed: ${this.#pair(turn, key)}`);
        }
      }
    } else {
      const touched = target.journal.filter(({ by, bucket }) => by === FOLLOWER && bucket === TARGET_BUCKET);
      for (const key of new Set(touched.map((effect) => effect.key))) {
        if (turn.source.get(key) === turn.target.get(key)) continue;
        this.#world.violated(
          `1: the applications turned back from a ${key} that S3 has not: ${this.#pair(turn, key)}`,
        );
      }
    }
    this.#turn = turn;
  }

  /** Invariant 4: an object goes from S3 only when it cannot be lost with it, and not before its time. */
  #watchExpiry({ key, before, at }: Effect): void {
    const { target, ledger, plan } = this.#world;
    if (before === null) return;
    const versions = target.bucket(TARGET_BUCKET).versions(key);
    if (!versions.some(({ etag }) => etag === before) && !this.#isQuarantined(key, before)) {
      this.#world.violated(`4: ${key} (${short(before)}) was expired on S3 and is nowhere else`);
    }
    const cutover = ledger.tables.move.cutoverAt ?? Infinity;
    if (at + plan.daysAhead * DAY_MILLISECONDS < cutover + 15 * DAY_MILLISECONDS) {
      this.#world.violated(`4: ${key} was expired on S3 before the 15 days were over`);
    }
  }

  /** Judges what is left when nothing moves any more. */
  atRest(): void {
    const { plan } = this.#world;
    this.#judgeReads();
    if (this.#turn === null || this.#turn.to === 'source') {
      if (plan.story !== 'rollback') this.#judgeCopy();
      return;
    }
    const keys = new Set([...this.#turn.source.keys(), ...this.#turn.target.keys()]);
    for (const { key } of [...this.#world.source.journal, ...this.#world.target.journal]) {
      if (!key.startsWith(RESERVED_PREFIX) && !key.startsWith('images/')) keys.add(key);
    }
    for (const key of keys) this.#judgeKey(key, this.#turn);
  }

  /** Invariant 3: while S3 is the store, what the copy and replay left behind is equal, or reported. */
  #judgeCopy(): void {
    const { ledger } = this.#world;
    const [source, target] = [stateOf(this.#world, 'source'), stateOf(this.#world, 'target')];
    for (const key of new Set([...source.keys(), ...target.keys()])) {
      const reported = ledger.tables.failedKey.some((row) => row.key === key);
      if (source.get(key) === target.get(key) || reported) continue;
      // The gap in capture says so, and no certificate of before it counts.
      const last = this.#world.source.journal.findLast((effect) => effect.key === key);
      if (last !== undefined && this.#world.lost.has(last.order)) continue;
      this.#world.violated(
        `3: ${key} differs and nobody says so: S3 ${short(source.get(key) ?? null)}, Ceph ${short(target.get(key) ?? null)}`,
      );
    }
  }

  #judgeKey(key: string, turn: Turn): void {
    const { source, target } = this.#world;
    const now = target.bucket(TARGET_BUCKET).current(key)?.etag ?? null;
    const client = this.#clientEffects(key).at(-1);
    const isListed = this.#world.ledger.tables.pendingKey.some((row) => row.key === key);
    const after = source.journal.filter(
      (effect) => effect.key === key && effect.kind !== 'expire' && effect.order > turn.holdBegan,
    );
    const pending = this.#world.pendingAtFirst.get(key);
    const straggled = after.some(({ by }) => by === STRAGGLER);
    // What S3 tells late of before the hold counts, unless somebody wrote over it there.
    const base = (turn.untold.has(key) && !straggled ? turn.source : turn.target).get(key) ?? null;
    if (client !== undefined) {
      if (now !== client.etag) {
        this.#world.violated(
          `${client.etag === null ? 2 : 1}: a client's last ${client.kind} of ${key} left ${short(client.etag)}, and Ceph has ${short(now)}`,
        );
      }
    } else if (
      now !== base &&
      !(straggled && turn.untold.has(key) && now === (turn.source.get(key) ?? null))
    ) {
      const applied = !turn.known.has(key) && now !== null && after.some(({ etag }) => etag === now);
      if (!applied && (pending === undefined || now !== pending)) {
        this.#world.violated(
          `${base === null ? 2 : 1}: ${key} was ${short(base)} at the turn and is ${short(now)} though no client changed it`,
        );
      }
    }
    const isThere = source.bucket(SOURCE_BUCKET).current(key) !== null;
    if (pending !== undefined && client === undefined && now === null && isThere && !isListed) {
      this.#world.violated(`1: ${key} is on S3 alone, and nobody can read it`);
    }
    const last = after.at(-1);
    if (last?.by !== STRAGGLER) return; // all that clients of the parameter wrote was on Ceph at the turn
    // Of one whose event was lost nobody knows before the containment certificate; S3 keeps it until then.
    const isOnSource = source.bucket(SOURCE_BUCKET).current(key) !== null;
    if (isOnSource && this.#world.lost.has(last.order)) return;
    // The same is true of what only a lost part of the log knew: the certificate says so.
    if (isOnSource && this.#world.restoredAt !== null && this.#isFinding(key)) return;
    if (last.kind === 'put' && last.etag !== null && !this.#isKept(key, last.etag)) {
      this.#world.violated(
        `1: a straggler's write of ${key} (${short(last.etag)}) is neither on Ceph nor kept in quarantine`,
      );
    }
  }

  /** A read through the cache tier's rules answers what was true at some moment while it was under way. */
  #judgeReads(): void {
    const { answered, pendingAtFirst, source, target } = this.#world;
    for (const { deed, store, etag, from, to } of answered) {
      if (deed.do !== 'read' || this.#turn?.to !== 'target') continue;
      if (store === 'source') {
        if (this.#clientEffects(deed.key).some(({ order }) => order <= from)) {
          this.#world.violated(`1: a client read ${deed.key} from S3 after another had written it to Ceph`);
        }
        continue;
      }
      const history = target.journal.filter(
        ({ key, bucket }) => key === deed.key && bucket === TARGET_BUCKET,
      );
      const past = history.findLast(({ order }) => order <= from);
      const atFirst = pendingAtFirst.get(deed.key) ?? null;
      const truths = [past === undefined ? atFirst : past.etag];
      // Taken off the list for a write that has not come through, and perhaps never does.
      if (past === undefined && this.#world.taken.has(deed.key)) truths.push(null);
      // Until it is copied, S3's object is what there is, no matter who writes it.
      if (pendingAtFirst.has(deed.key)) {
        for (const effect of source.journal) if (effect.key === deed.key) truths.push(effect.etag);
      }
      for (const effect of history) if (effect.order > from && effect.order <= to) truths.push(effect.etag);
      if (!truths.includes(etag)) {
        this.#world.violated(
          `2: a read of ${deed.key} answered ${short(etag)}; true were ${truths.map(short).join(', ')}`,
        );
      }
    }
  }

  /** Whether the containment certificate says that a key would be lost with S3. */
  #isFinding(key: string): boolean {
    const { certificate } = this.#world.ledger.tables;
    const document = certificate.findLast(({ kind }) => kind === 'containment')?.document;
    const { listed } = (document?.['findings'] ?? { listed: [] }) as { listed: { key: string }[] };
    return listed.some((finding) => finding.key === key);
  }

  #isKept(key: string, etag: string): boolean {
    const versions = this.#world.target.bucket(TARGET_BUCKET).versions(key);
    return versions.some((version) => version.etag === etag) || this.#isQuarantined(key, etag);
  }

  #isQuarantined(key: string, etag: string): boolean {
    const { ledger, target } = this.#world;
    return ledger.tables.conflict.some(
      (row) =>
        row.key === key &&
        row.quarantineKey !== null &&
        target.bucket(QUARANTINE_BUCKET).current(row.quarantineKey)?.etag === etag,
    );
  }

  /** What clients changed on Ceph since the turn. */
  #clientEffects(key: string): Effect[] {
    const since = this.#turn?.order ?? 0;
    return this.#world.target.journal.filter(
      (effect) =>
        effect.key === key &&
        effect.bucket === TARGET_BUCKET &&
        effect.by === FOLLOWER &&
        effect.order > since,
    );
  }

  #pair({ source, target }: Turn, key: string): string {
    return `S3 ${short(source.get(key) ?? null)}, Ceph ${short(target.get(key) ?? null)}`;
  }
}

function stateOf({ source, target }: ModelWorld, side: 'source' | 'target'): State {
  const bucket = side === 'source' ? source.bucket(SOURCE_BUCKET) : target.bucket(TARGET_BUCKET);
  const state = new Map<string, string>();
  for (const key of bucket.keys()) {
    const current = bucket.current(key);
    if (current !== null && !key.startsWith(RESERVED_PREFIX)) state.set(key, current.etag);
  }
  return state;
}
