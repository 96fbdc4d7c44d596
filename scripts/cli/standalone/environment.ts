import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseEnvironment, type Environment } from '../../contract/environment.ts';
import { UserError } from '../../contract/errors.ts';
import type { StoresOptions } from '../options.ts';
import { readSide } from './endpoint.ts';
import { parseLedger, type Location } from './location.ts';

/** The one target that a standalone environment has. */
const TARGET = 'target';

/**
 * The environment document of a move between any two S3 endpoints. It is what a stack would write, without the
 * parts that turn applications from one store to the other: those point nowhere, and the commands that need
 * them take a stack's document only.
 *
 * @throws UserError (exit 2) that names the option, what was given and what would be right
 */
export async function standaloneEnvironment(options: StoresOptions): Promise<Environment> {
  const source = await readSide(options, 'source');
  const target = await readSide(options, 'target');
  assertApart(source, target);
  const { ledger = parseLedger('.migrate'), acls = 'copy', timeout = 30 } = options;
  const nowhere = 'http://127.0.0.1:9';
  // Findings of which there are too many for a certificate are written beside it.
  const folder = typeof ledger === 'object' && ledger.kind === 'embedded' ? ledger.folder : tmpdir();
  return parseEnvironment(
    {
      name: 'standalone',
      ledger,
      source: { ...source.endpoint, acls },
      targets: { [TARGET]: { ...target.endpoint, acls } },
      moves: [
        {
          name: moveName(source, target),
          sourceBucket: source.location.bucket,
          targetCluster: TARGET,
          targetBucket: target.location.bucket,
        },
      ],
      capture: { kind: 'push', receiver: nowhere, topic: 'none' },
      parameter: { kind: 'file', file: path.join(folder, 'applications.json') },
      cacheTier: {
        endpoint: nowhere,
        maxStaleSeconds: 1,
        turn: { kind: 'file', originFile: path.join(folder, 'origin.conf'), reload: ['false'] },
      },
      pending: { endpoint: nowhere },
      workers: { kind: 'supervisor', supervisorConfig: path.join(folder, 'supervisord.conf') },
      bounds: {
        refreshSeconds: 1,
        requestSeconds: timeout,
        holdRequestSeconds: 1,
        holdLimitSeconds: 1,
        lateEventSeconds: 900,
        // A run after a kill waits for this and for one request.
        leaseSeconds: 10,
        canarySeconds: 60,
        canarySilenceSeconds: 600,
        certificateSeconds: 86_400,
        lagSeconds: 5,
        quietSeconds: 1,
        keepDays: 15,
      },
      // 32 at a time is the most that one RGW answers (measured).
      sync: { workers: 2, concurrency: 16, keysPerShard: 10_000 },
      wait: true,
    },
    'the options',
  );
}

type End = Awaited<ReturnType<typeof readSide>>;

/**
 * By which the ledger knows this pair: readable, and another one for another pair, so that a ledger that was
 * used before for something else is never taken for this one's.
 */
export function moveName(source: End, target: End): string {
  const identity = JSON.stringify([placeOf(source), placeOf(target)]);
  const digest = createHash('sha256').update(identity).digest('hex').slice(0, 8);
  const readable = `${source.location.bucket}-${source.location.prefix}`
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^[^a-z]+|-+$/g, '');
  return `${readable === '' ? 'bucket' : readable.slice(0, 40)}-${digest}`;
}

function placeOf({ location, endpoint }: End): [string, string, string] {
  return [new URL(endpoint.endpoint).origin, location.bucket, location.prefix];
}

/** A copy onto itself, or into what is copied, never ends well. */
function assertApart(source: End, target: End): void {
  const [[from, fromBucket], [to, toBucket]] = [placeOf(source), placeOf(target)];
  if (from !== to || fromBucket !== toBucket || !overlap(source.location, target.location)) return;
  throw new UserError(
    `--source and --target are both in ${fromBucket} at ${from}, one within the other; give another bucket, or folders apart`,
  );
}

function overlap(a: Location, b: Location): boolean {
  return a.prefix.startsWith(b.prefix) || b.prefix.startsWith(a.prefix);
}
