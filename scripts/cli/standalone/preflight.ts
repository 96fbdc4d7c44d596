import type { Environment, Move, StoreEndpoint } from '../../contract/environment.ts';
import { messageOf } from '../../contract/errors.ts';
import type { Pool } from '../../ledger/database.ts';
import { syncProgress } from '../../ledger/shards.ts';
import { checkNeed, type Need } from '../../move/preflight/access.ts';
import { warning, type PreflightFinding } from '../../move/preflight/finding.ts';
import { checkContents } from '../../move/preflight/source.ts';
import { StoreClient } from '../../store/client.ts';
import { BucketControl } from '../../store/control.ts';
import { MIGRATION } from '../../contract/names.ts';

/** All sides of a command line are asked by one identity each, whatever name a stack's users would have. */
const USER = MIGRATION;

/**
 * Looks at two stores before one is made equal to the other, and changes nothing: whether they answer, what the
 * keys may do, and what in the source cannot be copied. First the access, because the rest cannot be told
 * without it.
 */
export async function standalonePreflight(
  environment: Environment,
  ledger: Pool,
): Promise<PreflightFinding[]> {
  const found = await Promise.all(environment.moves.map((move) => preflightOf(environment, ledger, move)));
  return found.flat();
}

async function preflightOf(environment: Environment, ledger: Pool, move: Move): Promise<PreflightFinding[]> {
  const target = environment.targets[move.targetCluster];
  if (target === undefined) throw new TypeError(`no target ${move.targetCluster}`);
  const access = await checkAccess(environment, move, target);
  if (access.some(({ severity }) => severity === 'blocking')) return access;
  const contents = await Promise.all([
    guarded(`source ${move.name}`, () => checkSource(environment, ledger, move)),
    guarded(`target ${move.name}`, () => checkTarget(environment, ledger, move, target)),
  ]);
  return [...access, ...contents.flat()];
}

async function checkAccess(
  environment: Environment,
  move: Move,
  target: StoreEndpoint,
): Promise<PreflightFinding[]> {
  const { requestSeconds } = environment.bounds;
  const to = { about: `target ${move.name}`, endpoint: target, bucket: move.targetBucket, user: USER };
  const from = { endpoint: environment.source, bucket: move.sourceBucket, user: USER };
  const needs: Need[] = [
    { ...from, about: `source ${move.name}`, right: 'list' },
    { ...to, right: 'list' },
    { ...to, right: 'write' },
  ];
  const findings = (await Promise.all(needs.map((need) => checkNeed(need, requestSeconds)))).flat();
  const seen = new Set<string>();
  return findings.filter(({ message }) => !seen.has(message) && seen.add(message));
}

/** Rights that only looking needs may be lacking: then it is not known, and said so. */
async function guarded(about: string, check: () => Promise<PreflightFinding[]>): Promise<PreflightFinding[]> {
  try {
    return await check();
  } catch (error) {
    return [warning(about, `not all could be looked at: ${messageOf(error)}`)];
  }
}

async function checkSource(environment: Environment, ledger: Pool, move: Move): Promise<PreflightFinding[]> {
  const { requestSeconds } = environment.bounds;
  const client = await StoreClient.open(environment.source, USER, { requestSeconds, connections: 8 });
  const control = await BucketControl.open(environment.source, USER, { requestSeconds });
  try {
    const findings = await checkContents(environment, ledger, move, { client, control });
    return [
      ...findings,
      ...(await checkFolderMarker(client, environment.source, move)),
      ...(await checkAcls(client, `source ${move.name}`, move.sourceBucket)),
    ];
  } finally {
    control.close();
    await client.close();
  }
}

/** Who has no ACLs can give nobody else a right by them, nor be given what the other side has. */
async function checkAcls(client: StoreClient, about: string, bucket: string): Promise<PreflightFinding[]> {
  if ((await client.acls(bucket)) !== 'none') return [];
  return [warning(about, 'the store has no ACLs: grants of objects are neither copied nor compared')];
}

/** The object of the folder itself has no name below it. */
async function checkFolderMarker(
  client: StoreClient,
  { prefix }: StoreEndpoint,
  move: Move,
): Promise<PreflightFinding[]> {
  if (prefix === undefined || (await client.head(move.sourceBucket, '')) === null) return [];
  return [
    warning(
      `source ${move.name}`,
      `the object ${JSON.stringify(prefix)}, which is the folder itself, is not copied; what is in it is`,
    ),
  ];
}

async function checkTarget(
  environment: Environment,
  ledger: Pool,
  move: Move,
  target: StoreEndpoint,
): Promise<PreflightFinding[]> {
  if ((await syncProgress(ledger, move.name)).run !== null) return [];
  const { requestSeconds } = environment.bounds;
  const client = await StoreClient.open(target, USER, { requestSeconds, connections: 1 });
  try {
    const acls = await checkAcls(client, `target ${move.name}`, move.targetBucket);
    const [first] = (await client.listPage(move.targetBucket, { maxKeys: 1 })).objects;
    if (first === undefined) return acls;
    return [
      ...acls,
      warning(
        `target ${move.name}`,
        `it is not empty, for example ${JSON.stringify(first.key)}: sync deletes there what the source does not have, up to a tenth of what the source holds or 100 objects. See what first: migrate sync --dry-run`,
      ),
    ];
  } finally {
    await client.close();
  }
}
