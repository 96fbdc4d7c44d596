import { existsSync } from 'node:fs';
import type { Command } from '@commander-js/extra-typings';
import { environmentOf } from '../command-line.ts';
import { stopSignal } from '../../platform/process.ts';
import { readParameter } from '../../platform/applications-parameter/parameter.ts';
import { sleep } from '../../contract/wait.ts';
import { messageOf, UserError } from '../../contract/errors.ts';
import { example } from '../example.ts';
import { openLedger } from '../../ledger/connect.ts';
import { readMove } from '../../ledger/move.ts';
import { log } from '../../contract/log.ts';
import { wholeNumber, withEnvironment, type StoresOptions } from '../options.ts';
import { Addresses } from '../../platform/nginx/addresses.ts';
import { serveFollower } from '../../platform/nginx/answer.ts';
import { followedFiles } from '../../platform/nginx/files.ts';
import { Follower } from '../../platform/nginx/follower.ts';
import { originReader } from '../../platform/nginx/wanted-origin.ts';

/** Twice a second: a turn waits for the slowest of all. */
const STEP_MILLISECONDS = 500;
/** A ledger or a parameter that hangs must not keep addresses from being followed. */
const LEDGER_MILLISECONDS = 3000;
/** A load balancer takes addresses away with a zone. */
const LOOK_UP_SECONDS = 5;
/** S3 names other servers of many each time, and each stays good for long: more often is reloads for nothing. */
const LOOK_UP_S3_SECONDS = 300;

export default function cacheTier(command: Command): void {
  command.description('Nginx before the images.').addHelpText('after', example('migrate cache-tier follow'));

  withEnvironment(command.command('follow'))
    .description(
      'Beside an Nginx of the cache tier: turns its origin when the ledger has, follows the addresses of the stores, ' +
        'takes up a new configuration. Runs until it is stopped.',
    )
    .option('--configuration <FILE>', 'the nginx.conf that the stack made', '/etc/cache-tier/nginx.conf')
    .option(
      '--folder <FOLDER>',
      'what Nginx reads: written here, on a volume that both see',
      '/run/cache-tier',
    )
    .option('--nginx <URL>', 'where Nginx answers', 'http://127.0.0.1:8080')
    .option('--port <PORT>', 'where we say how it is', wholeNumber({ from: 0, to: 65_535 }), 8082)
    .addHelpText('after', example('migrate cache-tier follow'))
    .action(follow);
}

type FollowOptions = StoresOptions & { configuration: string; folder: string; nginx: string; port: number };

async function follow(options: FollowOptions): Promise<void> {
  const environment = await environmentOf(options);
  const images = environment.targets['images'];
  if (images === undefined) {
    throw new UserError(
      `The environment has no target "images", which the cache tier serves; it has: ${Object.keys(environment.targets).join(', ')}`,
    );
  }
  const ledger = openLedger(environment.ledger, { max: 1, application: 'cache-tier follow' });
  const addresses = new Addresses({
    ceph: { url: images.endpoint, everySeconds: LOOK_UP_SECONDS },
    s3: { url: environment.source.endpoint, everySeconds: LOOK_UP_S3_SECONDS },
    pending: { url: environment.pending.endpoint, everySeconds: LOOK_UP_SECONDS },
  });
  const files = followedFiles(options.folder);
  const follower = new Follower({
    files,
    configuration: options.configuration,
    endpoint: options.nginx,
    origin: originReader(
      () => inTime(readMove(ledger)),
      () => inTime(readParameter(environment)),
    ),
    upstreams: () => addresses.upstreams(),
  });
  const stop = stopSignal();
  const server = await serveFollower(follower, {
    port: options.port,
    host: '0.0.0.0',
    ready: () => existsSync(files.configuration),
  });
  try {
    while (!stop.aborted) {
      await follower
        .step()
        .catch((error: unknown) => log.warn({ reason: messageOf(error) }, 'tried again in half a second'));
      await sleep(STEP_MILLISECONDS);
    }
  } finally {
    await server.close();
    await ledger.end();
  }
}

/** Fails where an answer takes too long. */
async function inTime<T>(answer: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => reject(new Error(`no answer in ${LEDGER_MILLISECONDS / 1000} s`)),
    LEDGER_MILLISECONDS,
  );
  try {
    return await Promise.race([answer, promise]);
  } finally {
    clearTimeout(timer);
    // It may still fail, with nobody there to hear.
    answer.catch(() => undefined);
  }
}
