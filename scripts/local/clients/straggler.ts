import { mkdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';
import { readParameter } from '../../platform/applications-parameter/parameter.ts';
import { type Environment } from '../../contract/environment.ts';
import { readEnvironment } from '../../platform/read-environment.ts';
import { messageOf } from '../../contract/errors.ts';
import { StoreClient } from '../../store/client.ts';
import { readManifest, type ManifestEntry } from '../input/manifest.ts';
import { Bodies } from './bodies.ts';
import { clientFiles } from './files.ts';
import { allJsonLines, JsonLines } from './journal.ts';
import { parseFlags, runProcess } from './process.ts';
import { writeStatus } from './status-file.ts';
import {
  mayBegin,
  planStraggler,
  readOperations,
  stageOf,
  type PlannedOperation,
  type StragglerLine,
} from './straggler-plan.ts';
import { APPLICATIONS } from '../../contract/names.ts';

/**
 * An application that does not know of the move: it holds presigned URLs for S3 and uses them before,
 * during and after the hold. It looks at the parameter only to be late on purpose.
 *
 *     node --no-warnings scripts/local/clients/straggler.ts --environment FILE --home DIR
 *          [--operations 12] [--before 2] [--during 2] [--spread 4]
 *
 * `--before` and `--during` say how many operations come before and in the hold; the others follow within
 * `--spread` seconds after the turn. Exits with 0 when all are done; started again it goes on.
 */

const POLL_MS = 20;
const URL_SECONDS = 6 * 3600;
const LARGEST_BODY_BYTES = 40_000;

type Armed = PlannedOperation & { url: string };

/** The URLs are made at the start: they outlive whatever happens to the store meanwhile. */
async function arm(environment: Environment, planned: PlannedOperation[]): Promise<Armed[]> {
  const { requestSeconds } = environment.bounds;
  const client = await StoreClient.open(environment.source, APPLICATIONS, { requestSeconds });
  const armed = planned.map(async (operation) => {
    const bucket = environment.moves.find(({ name }) => name === operation.move)?.sourceBucket;
    if (bucket === undefined) throw new Error(`No move named ${operation.move}`);
    const method = operation.kind === 'delete' ? 'DELETE' : 'PUT';
    return {
      ...operation,
      url: await client.presign(method, bucket, operation.key, { expiresSeconds: URL_SECONDS }),
    };
  });
  try {
    return await Promise.all(armed);
  } finally {
    await client.close();
  }
}

async function main(stopped: AbortSignal): Promise<void> {
  const flags = parseFlags({ operations: '12', before: '2', during: '2', spread: '4' });
  const environment = await readEnvironment(flags.environment);
  await mkdir(flags.home, { recursive: true });
  const files = clientFiles(flags.home);
  const manifest: ManifestEntry[] = [];
  for await (const entry of readManifest(files.manifest)) manifest.push(entry);
  const planned = planStraggler(manifest, flags.count('operations'));
  const lines = await allJsonLines<StragglerLine>(files.stragglerJournal);
  // What was begun is not begun again: whether it arrived is for the audit to say.
  const begun = new Set(readOperations(lines).map(({ id }) => id));
  const armed = (await arm(environment, planned)).filter(({ id }) => !begun.has(id));
  const journal = new JsonLines<StragglerLine>(files.stragglerJournal);
  const pool = new Pool(new URL(environment.source.endpoint).origin, { connections: 2 });
  const bodies = new Bodies();
  const quota = { before: flags.count('before'), during: flags.count('during') };
  const spreadMs = flags.positive('spread') * 1000;
  let turnedAt: number | undefined;

  const status = (running: boolean): Promise<void> =>
    writeStatus(files.stragglerStatus, {
      at: new Date().toISOString(),
      pid: process.pid,
      running,
      planned: planned.length,
      done: planned.length - armed.length,
    });

  await status(true);
  while (armed.length > 0 && !stopped.aborted) {
    const parameter = await readParameter(environment);
    const stage = stageOf(parameter?.state ?? 's3');
    turnedAt = stage === 'after' ? (turnedAt ?? performance.now()) : undefined;
    const done = planned.length - armed.length;
    const sinceTurnMs = turnedAt === undefined ? 0 : performance.now() - turnedAt;
    const next = armed[0];
    if (
      next !== undefined &&
      mayBegin({ done, planned: planned.length, stage, sinceTurnMs }, quota, spreadMs)
    ) {
      await carryOut(next, stage);
      armed.shift();
      await status(true);
    } else {
      await sleep(POLL_MS);
    }
  }
  await pool.destroy();
  journal.close();
  await status(false);

  async function carryOut(operation: Armed, stage: ReturnType<typeof stageOf>): Promise<void> {
    const { url, ...what } = operation;
    const { id, kind } = operation;
    const made =
      kind === 'delete' ? null : bodies.make(`straggler ${id}`, 1 + Math.random() * LARGEST_BODY_BYTES);
    const value = { etag: made?.value.etag ?? null, size: made?.value.size ?? 0 };
    journal.append({ type: 'intent', at: new Date().toISOString(), stage, ...what, ...value });
    let outcome: 'ack' | 'unknown' | 'refused';
    let detail: string;
    try {
      const { origin } = new URL(url);
      const answer = await pool.request({
        method: made === null ? 'DELETE' : 'PUT',
        path: url.slice(origin.length),
        headers: made === null ? {} : { 'content-type': 'image/jpeg' },
        body: made?.body ?? null,
        signal: AbortSignal.timeout(environment.bounds.requestSeconds * 1000),
      });
      await answer.body.dump();
      detail = String(answer.statusCode);
      outcome = answer.statusCode < 300 ? 'ack' : answer.statusCode < 500 ? 'refused' : 'unknown';
    } catch (error) {
      outcome = 'unknown';
      detail = messageOf(error);
    }
    journal.append({ type: outcome, id, at: new Date().toISOString(), stage, detail });
  }
}

await runProcess(main);
