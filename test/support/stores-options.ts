import { Command } from '@commander-js/extra-typings';
import { withStores, type StoresOptions } from '../../scripts/cli/options.ts';

/** Options as a command line would give them: `{ 'source-region': 'eu-west-1' }` is `--source-region=eu-west-1`. */
export function storesOptions(given: Record<string, string>): StoresOptions {
  const words = Object.entries(given).map(([name, value]) => `--${name}=${value}`);
  const command = new Command().exitOverride().configureOutput({ writeErr: () => undefined });
  return withStores(command).parse(words, { from: 'user' }).opts();
}
