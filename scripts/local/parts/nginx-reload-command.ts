import { UserError } from '../../contract/errors.ts';
import { printFailure } from '../failure.ts';
import { withLock } from '../../platform/lock-file.ts';
import { reloadNginx } from './nginx-reload.ts';

/** `node nginx-reload-command.ts HOME ENDPOINT`: see `reloadNginx`. */
const [home, endpoint] = process.argv.slice(2);
try {
  if (home === undefined || endpoint === undefined) {
    throw new UserError('Usage: nginx-reload-command.ts HOME ENDPOINT');
  }
  await withLock(`${home} nginx reload`, () => reloadNginx(home, endpoint));
} catch (error) {
  process.exitCode = printFailure(error);
}
