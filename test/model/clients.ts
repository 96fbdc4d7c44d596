import type { Pool } from '../../scripts/ledger/database.ts';
import type { StoreEndpoint } from '../../scripts/contract/environment.ts';
import type { StoreClient } from '../../scripts/store/client.ts';
import { ParameterSchema, type Parameter } from '../../scripts/platform/applications-parameter/parameter.ts';
import type { Deed } from './plan.ts';
import { thisProcess } from './platform/simulation.ts';
import {
  CUSTOMERS_RULE,
  FOLLOWER,
  longestOf,
  SOURCE_BUCKET,
  STRAGGLER,
  TARGET_BUCKET,
  type ModelWorld,
} from './world.ts';

/** A client's request that was answered, and between which moments. */
export type Answered = {
  deed: Deed;
  by: 'follower' | 'straggler';
  store: 'source' | 'target';
  etag: string | null;
  /** Orders of the stores' effects when it began and ended. */
  from: number;
  to: number;
};

const MOVE = 'images';
/** One who reads looks so often, as long as his parameter is fresh. */
const READS = 6;
/** So long a cue is waited for. */
const LIMIT_MILLISECONDS = 1500;

/** The bodies that clients write: few, so that the same ones come again. */
export function bodyOf(number: number): Buffer {
  return Buffer.from(`body ${number}`);
}

/** What a store is given where somebody writes to it without a request. */
export function putBy(by: string, body: number) {
  const headers = { 'content-type': 'image/jpeg', 'x-amz-meta-body': String(body) };
  return { body: bodyOf(body), headers, tags: '', by, ifNoneMatch: false };
}

/** One who does what the parameter says: writes nothing in a hold, and goes where it sends him. */
export async function follow(world: ModelWorld, name: string, deeds: readonly Deed[]): Promise<void> {
  const { code, environment, simulation } = world;
  const { requestSeconds, leaseSeconds, refreshSeconds, holdRequestSeconds } = environment.bounds;
  const ledger = code.connect.openLedger(environment.ledger);
  // Open beforehand: between a look at the parameter and the request that goes by it lies nothing.
  const open = (endpoint: StoreEndpoint, seconds: number) =>
    code.client.StoreClient.open(endpoint, FOLLOWER, { requestSeconds: seconds, attempts: 1 });
  const clients = {
    source: await open(environment.source, requestSeconds),
    target: await open(targetOf(world), requestSeconds),
    hurried: {
      source: await open(environment.source, holdRequestSeconds),
      target: await open(targetOf(world), holdRequestSeconds),
    },
  };
  const take = { owner: `nginx-${name}`, leaseSeconds, requestSeconds };
  let read: { at: number; parameter: Parameter } | null = null;
  const isFresh = () => read !== null && simulation.now - read.at < refreshSeconds * 1000 - 1;
  const parameterNow = (): Parameter => {
    if (read !== null && isFresh()) return read.parameter;
    // Looked at again and again, for itself: so long ago it was when it is wanted.
    const at = simulation.now - Math.floor(simulation.random.fraction() * (refreshSeconds * 1000 - 1));
    const standing = world.parameters.findLast((written) => written.at <= at) ?? world.parameters[0];
    if (standing === undefined) throw new Error('the parameter was never written');
    read = { at, parameter: ParameterSchema.parse(JSON.parse(standing.text)) };
    return read.parameter;
  };
  for (const deed of deeds) {
    await begin(world, deed);
    for (let reads = 1; ; reads += 1) {
      const parameter = parameterNow();
      const holds = parameter.state === 'hold';
      if (!holds || deed.do === 'read') {
        const store = parameter.stores[MOVE]?.bucket === TARGET_BUCKET ? 'target' : 'source';
        const hurries = parameter.requestSeconds < requestSeconds;
        const client = (hurries ? clients.hurried : clients)[store];
        await carryOut(world, deed, { store, client, ledger, take, by: 'follower' });
        // One who reads does so again: in a hold until it is over.
        if (deed.do !== 'read' || (!holds && (reads >= READS || !isFresh()))) break;
      }
      if (holds) await simulation.hop(20);
    }
  }
}

/** One who goes on with S3, whatever is said. */
export async function straggle(world: ModelWorld, deeds: readonly Deed[]): Promise<void> {
  const { code, environment } = world;
  const { requestSeconds } = environment.bounds;
  const options = { requestSeconds, attempts: 1 };
  const client = await code.client.StoreClient.open(environment.source, STRAGGLER, options);
  for (const deed of deeds) {
    await begin(world, deed);
    await carryOut(world, deed, { store: 'source', client, by: 'straggler' });
  }
}

async function begin({ simulation, cues, landing }: ModelWorld, deed: Deed): Promise<void> {
  const { pause, begins, lands, key } = deed;
  const process = thisProcess();
  landing.set(process, lands);
  await simulation.hop(pause + 1);
  if (begins === null) return;
  const what = { cue: begins, key, atMost: LIMIT_MILLISECONDS };
  await new Promise<void>((resolve) => cues.at(simulation, process, what, resolve));
}

function targetOf({ environment }: ModelWorld) {
  const target = environment.targets['images'];
  if (target === undefined) throw new Error('the model has one target');
  return target;
}

type How = Pick<Answered, 'store' | 'by'> & {
  client: StoreClient;
  /** What Nginx asks before it passes a write on to Ceph. */
  ledger?: Pool;
  take?: Parameters<ModelWorld['code']['take']['takeKeys']>[3];
};

async function carryOut(world: ModelWorld, deed: Deed, how: How): Promise<void> {
  const { code, simulation } = world;
  const { client, store, ledger, take } = how;
  const bucket = store === 'source' ? SOURCE_BUCKET : TARGET_BUCKET;
  const from = world.effects;
  const began = simulation.now;
  // All of a client's request is over by its deadline: what Nginx asks first, and what it then passes on.
  const mayWait = client.requestSeconds * 1000 - 2 * longestOf(world.environment);
  if (deed.do === 'expire') {
    if (store === 'source') world.source.remove(SOURCE_BUCKET, deed.key, CUSTOMERS_RULE, 'expire');
    return;
  }
  simulation.tell(`${how.by} ${deed.do} ${deed.key} ${deed.do === 'put' ? deed.body : ''} on ${store}`);
  try {
    if (store === 'target' && deed.do !== 'read' && ledger !== undefined && take !== undefined) {
      world.taken.add(deed.key);
      await code.take.takeKeys(ledger, MOVE, [deed.key], take);
      if (simulation.now - began > mayWait) return; // the client has gone, and Nginx passes nothing on
    }
    let etag: string | null = null;
    if (deed.do === 'put') etag = (await client.put(bucket, deed.key, bodyOf(deed.body))).etag;
    else if (deed.do === 'delete') await client.delete(bucket, deed.key);
    else etag = await read(world, how, deed.key);
    const answered: Answered = { deed, by: how.by, store, etag, from, to: world.effects };
    world.answered.push(answered);
    simulation.tell(`${how.by} was answered: ${deed.do} ${deed.key}`);
  } catch (error) {
    simulation.tell(`${how.by} was not: ${String(error)}`);
  }
}

/** As Nginx reads: Ceph, and S3 only for what is known to be there alone. */
async function read(world: ModelWorld, { client, store, ledger }: How, key: string): Promise<string | null> {
  const { code, environment } = world;
  if (store === 'source') return (await client.head(SOURCE_BUCKET, key))?.etag ?? null;
  const found = await client.head(TARGET_BUCKET, key);
  if (found !== null || ledger === undefined) return found?.etag ?? null;
  if (!(await code.pending.isPending(ledger, MOVE, key))) return null;
  await code.pending.askPromotion(ledger, MOVE, key);
  const { requestSeconds } = environment.bounds;
  const source = await code.client.StoreClient.open(environment.source, 'migration', { requestSeconds });
  return (await source.head(SOURCE_BUCKET, key))?.etag ?? null;
}
