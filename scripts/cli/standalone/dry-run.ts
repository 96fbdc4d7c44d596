import type { Environment, Move } from '../../contract/environment.ts';
import type { StoreClient } from '../../store/client.ts';
import type { ListedObject } from '../../store/object.ts';
import { mostDeletes } from '../../move/sync/delete-budget.ts';
import { megabytes } from '../../move/sync/progress.ts';
import { openPair } from '../../move/common/pair.ts';
import { mergeListings } from '../../move/common/merge.ts';
import { ours } from '../../move/sync/start.ts';

/** What sync would do about one key, as far as listings tell. */
export type Planned = { move: string; action: 'copy' | 'delete'; key: string; bytes: number };
export type PlannedTotal = {
  move: string;
  equal: number;
  copies: number;
  copyBytes: number;
  deletes: number;
};

/**
 * Says what sync would copy and delete, and writes nothing: neither at a store nor in the ledger, which need not
 * be there. In constant memory.
 *
 * It goes by both listings. Of an object in parts sync itself looks closer: it may find that one whose ETag
 * differs has the same bytes, or that tags are missing from one whose ETag is the same.
 *
 * @param each called for every key that would change, in key order
 * @param versions by whole histories: a key counts with the bytes of all its versions, though some may be there
 */
export async function dryRun(
  environment: Environment,
  move: Move,
  each: (planned: Planned) => void,
  versions = false,
): Promise<PlannedTotal> {
  const { name } = move;
  const pair = await openPair(environment, move);
  const total: PlannedTotal = { move: name, equal: 0, copies: 0, copyBytes: 0, deletes: 0 };
  try {
    const list = (client: StoreClient, bucket: string) =>
      ours(versions ? historiesOf(client, bucket) : client.list(bucket));
    const listings = mergeListings(
      list(pair.source, move.sourceBucket),
      list(pair.target, move.targetBucket),
    );
    for await (const merged of listings) {
      const { key } = merged;
      switch (merged.kind) {
        case 'equal':
          total.equal += 1;
          break;
        case 'copy':
          total.copies += 1;
          total.copyBytes += merged.source.size;
          each({ move: name, action: 'copy', key, bytes: merged.source.size });
          break;
        case 'extra':
          total.deletes += 1;
          each({ move: name, action: 'delete', key, bytes: merged.target.size });
          break;
      }
    }
    return total;
  } finally {
    await pair.close();
  }
}

async function* historiesOf(client: StoreClient, bucket: string): AsyncGenerator<ListedObject> {
  for (let after = ''; ;) {
    const { objects, truncated } = await client.listHistories(bucket, { after });
    yield* objects;
    after = objects.at(-1)?.key ?? after;
    if (!truncated) return;
  }
}

/** Prints it: a line a key and a line a move; with `json` objects instead. */
export async function showDryRun(
  environment: Environment,
  options: { json: boolean; versions?: boolean },
): Promise<void> {
  const print = (line: string) => void process.stdout.write(`${line}\n`);
  const each = (planned: Planned): void =>
    print(
      options.json
        ? JSON.stringify({ type: 'planned', ...planned })
        : `${planned.action.padEnd(6)}  ${JSON.stringify(planned.key)}  ${planned.bytes} bytes`,
    );
  const totals: PlannedTotal[] = [];
  for (const move of environment.moves) totals.push(await dryRun(environment, move, each, options.versions));
  if (options.json) print(JSON.stringify({ type: 'summary', exitCode: 0, dryRun: true, moves: totals }));
  else totals.map(describeTotal).forEach(print);
}

export function describeTotal({ move, copies, copyBytes, deletes, equal }: PlannedTotal): string {
  const most = mostDeletes(equal + copies, false);
  const refusal =
    deletes > most
      ? ` Sync would refuse that: ${most} may go from a source of ${equal + copies} objects, but for what events name (--delete-at-most N).`
      : '';
  return `${move}: would copy ${copies} objects (${megabytes(copyBytes)}) and delete ${deletes} at the target; ${equal} are equal. Nothing was written.${refusal}`;
}
