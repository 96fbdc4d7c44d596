import { SqlError, type Result, type Session } from '../ledger/model-ledger.ts';
import { thisProcess } from './simulation.ts';
import { trouble } from './trouble.ts';
import { worldOf } from './world-of.ts';

/** In the place of `pg` for the code that runs in the model: connections to the model's ledger. */

const LONGEST_MILLISECONDS = 80;

async function run(session: Session, text: string, values: readonly unknown[]): Promise<Result> {
  const process = thisProcess();
  const { simulation } = process;
  const { ledger, cues } = worldOf(process);
  cues.note(process.name);
  await simulation.hop(simulation.random.latency(LONGEST_MILLISECONDS), 'statement');
  while (ledger.mustWait(session, text, values)) {
    await ledger.untilFreed();
    await simulation.hop(simulation.random.latency(5));
  }
  const breaks = simulation.random.chance(trouble.share / 4);
  if (breaks && simulation.random.chance(0.5)) return broken(session);
  try {
    const result = ledger.execute(session, text, values);
    return breaks ? broken(session) : result;
  } finally {
    // A process that dies here never learns of it, though it is done.
    await simulation.hop(simulation.random.latency(LONGEST_MILLISECONDS));
  }

  function broken(lost: Session): never {
    ledger.close(lost);
    lost.onBroken();
    throw new SqlError('ECONNRESET', 'Connection terminated unexpectedly');
  }
}

function openSession(): Session {
  const process = thisProcess();
  const { ledger } = worldOf(process);
  const session = ledger.open();
  process.atEnd.push(() => ledger.close(session));
  return session;
}

class PoolClient {
  readonly #session = openSession();

  query(text: string, values: readonly unknown[] = []): Promise<Result> {
    return run(this.#session, text, values);
  }

  on(event: string, listener: () => void): this {
    if (event === 'error') {
      const process = thisProcess();
      this.#session.onBroken = () => process.simulation.schedule(0, process, listener);
    }
    return this;
  }

  release(_broken?: unknown): void {
    worldOf(thisProcess()).ledger.close(this.#session);
  }
}

class Pool {
  readonly options = {};
  #session: Session | null = null;

  query(text: string, values: readonly unknown[] = []): Promise<Result> {
    // A pool replaces a connection that broke; statements outside of transactions may share one.
    if (this.#session === null || this.#session.broken) this.#session = openSession();
    return run(this.#session, text, values);
  }

  connect(): Promise<PoolClient> {
    return Promise.resolve(new PoolClient());
  }

  on(): this {
    return this;
  }

  end(): Promise<void> {
    if (this.#session !== null) worldOf(thisProcess()).ledger.close(this.#session);
    return Promise.resolve();
  }
}

class Client {
  readonly host = 'the model';
  readonly port = 0;
  readonly database = 'ledger';
}

export default {
  Pool,
  Client,
  types: { setTypeParser: () => undefined, builtins: { INT8: 20 } },
};
