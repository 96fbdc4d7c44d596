import { defineCommand } from 'citty';
import { environmentArgument, environmentOf } from '../command-line.ts';
import { stopSignal } from '../../platform/process.ts';
import { installEvents, removeEvents } from '../../object-events/install.ts';
import { serveEvents } from '../../object-events/serve.ts';

const serve = defineCommand({
  meta: {
    name: 'serve',
    description:
      'receive what the Ceph clusters push and keep it, until it is told to stop. Example: migrate events serve --environment environment.json',
  },
  args: environmentArgument,
  async run({ args }) {
    await serveEvents(await environmentOf(args), stopSignal());
  },
});

const install = defineCommand({
  meta: {
    name: 'install',
    description:
      'let the buckets on Ceph tell of every change; their other notifications stay. Example: migrate events install --environment environment.json',
  },
  args: environmentArgument,
  async run({ args }) {
    await installEvents(await environmentOf(args));
  },
});

const remove = defineCommand({
  meta: {
    name: 'remove',
    description:
      'take our entries out of their notifications again. Example: migrate events remove --environment environment.json',
  },
  args: environmentArgument,
  async run({ args }) {
    await removeEvents(await environmentOf(args));
  },
});

export default defineCommand({
  meta: {
    name: 'events',
    description:
      'What changes on Ceph, for those who work on objects. Example: migrate events serve --environment environment.json',
  },
  subCommands: { serve, install, remove },
});
