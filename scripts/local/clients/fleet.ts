import { readEnvironment } from '../../platform/read-environment.ts';
import { Fleet } from './fleet-run.ts';
import { parseFlags, runProcess } from './process.ts';

/**
 * Clients that read and write all the time and check every answer, until SIGTERM:
 *
 *     node --no-warnings scripts/local/clients/fleet.ts --environment FILE --home DIR [--rate 20] [--clients 8]
 *
 * `--home` is the folder of manifest, journal and status (files.ts). Killed and started again it goes on.
 */
await runProcess(async (stopped) => {
  const flags = parseFlags({ rate: '20', clients: '8' });
  const fleet = await Fleet.open(await readEnvironment(flags.environment), {
    home: flags.home,
    rate: flags.positive('rate'),
    clients: flags.positive('clients'),
    signal: stopped,
  });
  await fleet.run(stopped);
});
