import { once } from 'node:events';
import { startReceiver } from '../platform/notifications/receiver.ts';
import type { Environment } from '../contract/environment.ts';
import { assertReachable, openLedger } from '../ledger/connect.ts';
import { log } from '../contract/log.ts';
import { ObjectEventHandler } from './handler.ts';
import { eventSettings } from './settings.ts';

/**
 * Receives what the Ceph clusters push and keeps it in the table `object_event`. Runs until `stop` aborts;
 * notifications under way are answered first.
 *
 * Starts without the database too, and its port stays open while that is away: RGW keeps what is refused,
 * but one that finds the port closed may stop delivering (see `startReceiver`). So probes look at
 * the port; `GET /health` says whether the database answers.
 */
export async function serveEvents(environment: Environment, stop: AbortSignal): Promise<void> {
  const events = eventSettings(environment);
  const database = openLedger(events.database, { max: 4, application: `events-${process.pid}` });
  try {
    await assertReachable(database).catch((error: unknown) => log.error(error));
    const receiver = await startReceiver({
      url: events.listen,
      handler: new ObjectEventHandler(
        database,
        new Set(environment.moves.map(({ targetBucket }) => targetBucket)),
      ),
      health: async () => {
        await assertReachable(database);
        return {};
      },
    });
    try {
      log.info({ receiver: receiver.url }, "the receiver of Ceph's notifications is listening");
      if (!stop.aborted) await once(stop, 'abort');
    } finally {
      await receiver.close();
    }
  } finally {
    await database.end();
  }
}
