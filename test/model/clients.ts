import type { Pool } from '../../scripts/ledger/connect.ts';
import type { StoreClient } from '../../scripts/store/client.ts';
import { ParameterSchema, type Parameter } from '../../scripts/cutover/parameter.ts';
import type { Deed } from './plan.ts';
import { readFile } from './platform/files.ts';
import { FOLLOWER, SOURCE_BUCKET, STRAGGLER, TARGET_BUCKET, type ModelWorld } from './world.ts';

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
  const { requestSeconds, leaseSeconds, refreshSeconds } = environment.bounds;
  const ledger = code.connect.openLedger(environment.ledger);
  const open = (store: 'source' | 'target', seconds: number) =>
    code.client.StoreClient.open(store === 'source' ? environment.source : targetOf(world), FOLLOWER, {
      requestSeconds: seconds,
      attempts: 1,
    });
  let read: { at: number; parameter: Parameter } | null = null;
  for (const deed of deeds) {
    await simulation.hop(deed.pause + 1);
    for (;;) {
      if (read === null || simulation.now - read.at >= refreshSeconds * 1000 - 1) {
        const at = simulation.now;
        read = { at, parameter: ParameterSchema.parse(JSON.parse(await readFile('/parameter.json'))) };
        continue; // it may have taken so long that it is old again
      }
      if (read.parameter.state !== 'hold' || deed.do === 'read') break;
      await simulation.hop(20);
    }
    const { parameter } = read;
    const store = parameter.stores[MOVE]?.bucket === TARGET_BUCKET ? 'target' : 'source';
    const client = await open(store, parameter.requestSeconds);
    const take = { owner: `nginx-${name}`, leaseSeconds, requestSeconds };
    const how: How = { store, client, ledger, take, by: 'follower' };
    for (let times = deed.do === 'read' ? READS : 1; times > 0; times -= 1) {
      await carryOut(world, deed, how);
      if (simulation.now - read.at >= refreshSeconds * 1000) break;
    }
  }
}

/** One who goes on with S3, whatever is said. */
export async function straggle(world: ModelWorld, deeds: readonly Deed[]): Promise<void> {
  const { code, environment, simulation } = world;
  const { requestSeconds } = environment.bounds;
  const options = { requestSeconds, attempts: 1 };
  const client = await code.client.StoreClient.open(environment.source, STRAGGLER, options);
  for (const deed of deeds) {
    await simulation.hop(deed.pause + 1);
    await carryOut(world, deed, { store: 'source', client, by: 'straggler' });
  }
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
  simulation.tell(`${how.by} ${deed.do} ${deed.key} ${deed.do === 'put' ? deed.body : ''} on ${store}`);
  try {
    if (store === 'target' && deed.do !== 'read' && ledger !== undefined && take !== undefined) {
      world.taken.add(deed.key);
      await code.take.takeKeys(ledger, MOVE, [deed.key], take);
      if (simulation.now - began > 100) return; // whoever asked has gone, and Nginx passes nothing on
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
