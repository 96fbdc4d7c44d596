import path from 'node:path';
import { LocalMove } from '../../scripts/local/local-move.ts';
import { parseSettings, type LocalSettings } from '../../scripts/local/settings.ts';

/** Apart from the one that `npm run local` makes, so that testing disturbs nobody's rehearsal. */
export const TEST_SETTINGS: LocalSettings = parseSettings({
  home: '/var/lib/storage-test',
  portBase: 7700,
  objects: 200,
  rate: 20,
});

const STANDING = Symbol.for('storage.test.environment');
type Shared = { [STANDING]?: { users: number; ready: Promise<void> } };

/**
 * Brings up the one local environment that the projects `real` and `move` share, in phase `prepare`, and
 * takes it down after the last of them. STORAGE_TEST_KEEP=1 leaves it up, for those who write tests.
 */
export default async function setUp(): Promise<() => Promise<void>> {
  const shared = globalThis as Shared;
  shared[STANDING] ??= { users: 0, ready: bringUp() };
  shared[STANDING].users += 1;
  await shared[STANDING].ready;
  return async () => {
    const standing = shared[STANDING];
    if (standing === undefined || (standing.users -= 1) > 0) return;
    if (process.env['STORAGE_TEST_KEEP'] !== '1') await LocalMove.remove(TEST_SETTINGS.home, () => undefined);
  };
}

async function bringUp(): Promise<void> {
  const started = performance.now();
  process.env['STORAGE_ENVIRONMENT'] = path.join(TEST_SETTINGS.home, 'environment.json');
  if (process.env['STORAGE_TEST_KEEP'] !== '1') await LocalMove.remove(TEST_SETTINGS.home, () => undefined);
  const move = await LocalMove.open(TEST_SETTINGS, say);
  try {
    if ((await move.phase()) === 'none') await move.enter('prepare');
  } finally {
    await move.close();
  }
  console.log(`The local environment is up after ${((performance.now() - started) / 1000).toFixed(0)} s.`);
}

function say(line: string): void {
  if (process.env['STORAGE_TEST_VERBOSE'] === '1') console.log(line);
}
