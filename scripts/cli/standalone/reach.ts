import { connect } from 'node:tls';
import type { Environment, Move, StoreEndpoint } from '../../contract/environment.ts';
import { UserError } from '../../contract/errors.ts';
import { StoreClient } from '../../store/client.ts';
import { describeSource } from '../../store/identity/credentials.ts';
import { StoreError } from '../../store/errors.ts';
import { isPlainPort } from '../../store/trouble.ts';
import type { Side } from './endpoint.ts';
import { MIGRATION } from '../../contract/names.ts';

/** Long enough for a store far away; a worker would go on for a minute before it gave up. */
const SECONDS = 10;
const PROBE_MILLISECONDS = 2000;

/**
 * Asks both stores for one key, so that what is misspelt, away or not allowed is said at once and by the name of
 * its option.
 *
 * @throws UserError: exit 2 where the option is wrong, 3 where the store does not answer or refuses
 */
export async function assertStores(environment: Environment): Promise<void> {
  for (const move of environment.moves) {
    const target = environment.targets[move.targetCluster];
    if (target === undefined) throw new TypeError(`no target ${move.targetCluster}`);
    await assertStore('source', environment.source, move.sourceBucket, environment);
    await assertStore('target', target, move.targetBucket, environment);
  }
}

async function assertStore(
  side: Side,
  endpoint: StoreEndpoint,
  bucket: Move['sourceBucket'],
  { bounds }: Environment,
): Promise<void> {
  const client = await StoreClient.open(endpoint, MIGRATION, {
    requestSeconds: Math.min(SECONDS, bounds.requestSeconds),
    connections: 1,
    attempts: 3,
  });
  try {
    await client.listPage(bucket, { maxKeys: 1 });
  } catch (error) {
    if (error instanceof UserError && endpoint.credentials.kind === 'ambient') throw withoutKeys(error, side);
    throw error instanceof StoreError ? await explain(error, side, endpoint, bucket) : error;
  } finally {
    await client.close();
  }
}

function withoutKeys(cause: UserError, side: Side): UserError {
  return new UserError(
    `No AWS credentials were found for the ${side}: give --${side}-profile NAME of ~/.aws/credentials, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY`,
    { exitCode: 3, cause },
  );
}

const KEY_REFUSED = ['InvalidAccessKeyId', 'SignatureDoesNotMatch', 'InvalidClientTokenId', 'ExpiredToken'];

async function explain(
  error: StoreError,
  side: Side,
  endpoint: StoreEndpoint,
  bucket: string,
): Promise<UserError> {
  const at = endpoint.endpoint;
  const who = describeSource(endpoint.credentials, MIGRATION);
  const say = (message: string, exitCode: 2 | 3) => new UserError(message, { exitCode, cause: error });
  if (isPlainPort(error)) {
    const right = at.replace('https:', 'http:');
    return say(`${at} speaks plain HTTP, not TLS. Give --${side}-endpoint ${right}`, 2);
  }
  if (error.status === 0) {
    if (await speaksTls(new URL(at))) {
      const right = at.replace('http:', 'https:');
      return say(`${at} speaks TLS, not plain HTTP. Give --${side}-endpoint ${right}`, 2);
    }
    return say(
      `The ${side} ${at} does not answer: ${error.message}. Is --${side}-endpoint right, and can it be reached from here?`,
      3,
    );
  }
  if (error.code === 'NoSuchBucket' || error.status === 404) {
    return say(`There is no bucket ${bucket} at ${at}. Create it, or correct --${side} s3://${bucket}`, 2);
  }
  if (error.status === 301 || error.status === 307 || error.code === 'AuthorizationHeaderMalformed') {
    return say(
      `The bucket ${bucket} is not in the region ${endpoint.region}: ${error.message}. Give the right one: --${side}-region`,
      2,
    );
  }
  if (KEY_REFUSED.includes(error.code)) {
    return say(
      `${at} does not accept the key of ${who} (${error.code}). Give another one: --${side}-profile NAME, and see --${side}-region`,
      3,
    );
  }
  if (error.status === 403) {
    return say(
      `${who} may not list ${bucket} at ${at} (${error.code}). Grant it, or give other keys: --${side}-profile NAME`,
      3,
    );
  }
  return say(`The ${side} ${at} could not be asked: ${error.message}`, 3);
}

/** Most servers close the connection without a word when plain HTTP comes to a TLS port: only trying tells. */
function speaksTls({ protocol, hostname, port }: URL): Promise<boolean> {
  if (protocol !== 'http:') return Promise.resolve(false);
  return new Promise((resolve) => {
    const socket = connect({
      host: hostname,
      port: Number(port === '' ? 80 : port),
      rejectUnauthorized: false, // nothing is sent; any certificate shows that it is TLS
    });
    const end = (answer: boolean) => void (socket.destroy(), resolve(answer));
    socket.setTimeout(PROBE_MILLISECONDS, () => end(false));
    socket.on('secureConnect', () => end(true)).on('error', () => end(false));
  });
}
