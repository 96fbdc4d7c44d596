import type { CommandUnknownOpts } from '@commander-js/extra-typings';

/** Refuses what commander lets pass: a misspelt sub-command, options before one, an option's name as a value. */
export function refuseMisplaced(command: CommandUnknownOpts): void {
  // `sync` and `verify` do something by themselves, so that commander takes any word for an argument.
  if (command.commands.length > 0 && command.args.length > 0) {
    (command as unknown as { unknownCommand(): never }).unknownCommand();
  }
  for (const option of command.parent?.options ?? []) {
    if (command.parent?.getOptionValueSource(option.attributeName()) === 'cli') {
      command.error(`error: give ${option.long ?? ''} after ${command.name()}, not before it`);
    }
  }
  const names = command.options.map(({ long }) => long);
  for (const option of command.options) {
    const value: unknown = command.getOptionValue(option.attributeName());
    if (value === '' || (typeof value === 'string' && names.includes(value))) {
      command.error(`error: option '${option.flags}' argument missing`);
    }
  }
}

/** With `--json` a program reads: standard error has only what goes wrong. MIGRATE_LOG says otherwise. */
export async function quietWithJson(command: CommandUnknownOpts): Promise<void> {
  if (command.getOptionValue('json') !== true || process.env['MIGRATE_LOG'] !== undefined) return;
  const { log } = await import('../contract/log.ts');
  log.level = 'warn';
}
