import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { UNDECIDED } from '../../contract/undecided.ts';
import type { Environment, StoreEndpoint } from '../../contract/environment.ts';
import { parameterPlace } from './place.ts';
import { APPLICATIONS, CACHED_CLUSTER } from '../../contract/names.ts';

/** AWS keys mean nothing to RGW, so the credentials change with the store. */
const CredentialsSchema = z.discriminatedUnion('kind', [
  /** A JSON file: user name → `{accessKeyId, secretAccessKey}`. */
  z.strictObject({ kind: z.literal('file'), file: z.string(), user: z.string() }),
  /** The application's own role. */
  z.strictObject({ kind: z.literal('ambient') }),
  /** The name of a secret whose text is `{accessKeyId, secretAccessKey}`. */
  z.strictObject({ kind: z.literal('secrets-manager'), secret: z.string(), region: z.string() }),
]);

/**
 * The applications' parameter: the one document that every application reads to know where the objects
 * are and whether it may write. Locally a file, on AWS a parameter of Systems Manager.
 */
export const ParameterSchema = z.strictObject({
  /** Goes up with every change. */
  version: z.int().nonnegative(),
  /** In `hold` reads go on and mutations wait. */
  state: z.enum(['s3', 'hold', 'ceph']),
  epoch: z.string(),
  /** How often an application reads this document again, in seconds. */
  refreshSeconds: z.number().positive(),
  /** The deadline that an application puts on each of its requests, in seconds. */
  requestSeconds: z.number().positive(),
  /** Where each bucket is now. */
  stores: z.record(
    z.string(),
    z.strictObject({
      endpoint: z.string(),
      region: z.string(),
      addressing: z.enum(['path', 'virtual']),
      bucket: z.string(),
      credentials: CredentialsSchema,
    }),
  ),
});
export type Parameter = z.infer<typeof ParameterSchema>;

/** Null where the parameter has never been written. */
export async function readParameter(environment: Environment): Promise<Parameter | null> {
  const text = await (await parameterPlace(environment)).read();
  if (text === null) return null;
  const document: unknown = JSON.parse(text);
  // As the stack makes it: Systems Manager knows no empty parameter.
  return isDeepStrictEqual(document, UNDECIDED) ? null : ParameterSchema.parse(document);
}

/**
 * Tells the applications where to read, and whether and where to write. Atomic: a reader sees the old
 * document or the new one.
 */
export async function writeParameter(
  environment: Environment,
  change: { state: Parameter['state']; store: 'source' | 'target'; epoch: bigint; requestSeconds: number },
): Promise<Parameter> {
  const before = await readParameter(environment);
  const parameter: Parameter = {
    version: (before?.version ?? 0) + 1,
    state: change.state,
    epoch: String(change.epoch),
    refreshSeconds: environment.bounds.refreshSeconds,
    requestSeconds: change.requestSeconds,
    stores: Object.fromEntries(
      environment.moves.map((move) => [move.name, storeOf(environment, move.name, change.store)]),
    ),
  };
  const place = await parameterPlace(environment);
  await place.write(JSON.stringify(parameter, null, 2) + '\n');
  return parameter;
}

function storeOf(
  environment: Environment,
  name: string,
  store: 'source' | 'target',
): Parameter['stores'][string] {
  const move = environment.moves.find((candidate) => candidate.name === name);
  const target = move === undefined ? undefined : environment.targets[move.targetCluster];
  if (move === undefined || target === undefined) throw new Error(`No move named ${name}`);
  const endpoint = store === 'source' ? environment.source : target;
  // Images are reached through the cache tier, which drops what a client overwrites; food metadata has
  // no cache in front of it.
  const throughCache = store === 'target' && move.targetCluster === CACHED_CLUSTER;
  return {
    endpoint: throughCache ? environment.cacheTier.endpoint : endpoint.endpoint,
    region: endpoint.region,
    addressing: endpoint.addressing,
    bucket: store === 'source' ? move.sourceBucket : move.targetBucket,
    credentials: applicationsCredentials(endpoint),
  };
}

function applicationsCredentials({ credentials }: StoreEndpoint): Parameter['stores'][string]['credentials'] {
  const user = APPLICATIONS;
  switch (credentials.kind) {
    case 'file':
      return { ...credentials, user };
    case 'ambient':
      return credentials;
    case 'profile':
      throw new TypeError(
        'only the stores of a command line have profiles, and no application is turned there',
      );
    case 'secrets-manager':
      return {
        kind: 'secrets-manager',
        secret: `${credentials.prefix}${user}`,
        region: credentials.region,
      };
  }
}
