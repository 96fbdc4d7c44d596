import type { Environment } from '../../contract/environment.ts';
import { UserError } from '../../contract/errors.ts';
import { assertReachable, openLedger } from '../../ledger/connect.ts';
import { replayLag } from '../../ledger/operations.ts';
import { log } from '../../contract/log.ts';
import { CaptureHandler, eventRules } from './handler.ts';
import { Heartbeat } from './heartbeat.ts';
import { startReceiver } from '../../platform/notifications/receiver.ts';

/**
 * The capture server: receives notifications, keeps the canary going, samples the lag. Runs until `stop`
 * aborts; notifications under way are answered first. Two of them run, see `startReceiver`.
 *
 * Starts without the ledger too: RGW keeps what is refused, and the receiver must be there when
 * PostgreSQL comes back.
 */
export async function serveCapture(environment: Environment, stop: AbortSignal): Promise<void> {
  const { capture } = environment;
  if (capture.kind !== 'push') {
    throw new UserError('On AWS a Lambda takes the notifications from the queue: there is nothing to serve');
  }
  const ledger = openLedger(environment.ledger, { max: 6, application: `capture-${process.pid}` });
  try {
    await assertReachable(ledger).catch((error: unknown) => log.error(error));
    const receiver = await startReceiver({
      url: capture.receiver,
      handler: new CaptureHandler(ledger, eventRules(environment)),
      health: () => replayLag(ledger),
    });
    const heartbeat = new Heartbeat(environment, ledger);
    try {
      await heartbeat.start();
      log.info({ receiver: receiver.url }, 'capture is listening');
      await aborted(stop);
    } finally {
      await receiver.close();
      await heartbeat.stop();
    }
  } finally {
    await ledger.end();
  }
}

/**
 * The canary, the samples of the lag and nothing else: what is left of the capture server where a Lambda
 * takes the notifications. Runs until `stop` aborts. One is enough; two do no harm.
 *
 * Starts without the ledger, and goes on without it: the canary is what will show that it is back.
 */
export async function serveHeartbeat(environment: Environment, stop: AbortSignal): Promise<void> {
  const ledger = openLedger(environment.ledger, { max: 3, application: `heartbeat-${process.pid}` });
  const heartbeat = new Heartbeat(environment, ledger);
  try {
    await assertReachable(ledger).catch((error: unknown) => log.error(error));
    await heartbeat.start();
    log.info({ seconds: environment.bounds.canarySeconds }, 'a canary is written every so many seconds');
    await aborted(stop);
  } finally {
    await heartbeat.stop();
    await ledger.end();
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
