import type { Command } from '@commander-js/extra-typings';
import { environmentOf } from '../command-line.ts';
import { stopSignal } from '../../platform/process.ts';
import { example } from '../example.ts';
import { withEnvironment } from '../options.ts';
import { installEvents, removeEvents } from '../../object-events/install.ts';
import { serveEvents } from '../../object-events/serve.ts';

const exampleOf = (name: string) => example(`migrate events ${name} --environment environment.json`);

export default function events(command: Command): void {
  command
    .description('What changes on Ceph, for those who work on objects.')
    .addHelpText('after', exampleOf('serve'));

  withEnvironment(command.command('serve'))
    .description('Receives what the Ceph clusters push and keeps it, until it is stopped.')
    .addHelpText('after', exampleOf('serve'))
    .action(async (options) => serveEvents(await environmentOf(options), stopSignal()));

  withEnvironment(command.command('install'))
    .description('Lets the buckets on Ceph tell of every change; their other notifications stay.')
    .addHelpText('after', exampleOf('install'))
    .action(async (options) => installEvents(await environmentOf(options)));

  withEnvironment(command.command('remove'))
    .description('Takes our entries out of their notifications again.')
    .addHelpText('after', exampleOf('remove'))
    .action(async (options) => removeEvents(await environmentOf(options)));
}
