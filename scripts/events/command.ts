import { defineCommand } from 'citty';
import { environmentArgument, environmentOf, stopSignal } from '../command-line.ts';
import { installEvents, removeEvents } from './install.ts';
import { serveEvents } from './serve.ts';

const serve = defineCommand({
  meta: { description: 'receive what the Ceph clusters push and keep it, until it is told to stop' },
  args: environmentArgument,
  async run({ args }) {
    await serveEvents(await environmentOf(args), stopSignal());
  },
});

const install = defineCommand({
  meta: { description: 'let the buckets on Ceph tell of every change; their other notifications stay' },
  args: environmentArgument,
  async run({ args }) {
    await installEvents(await environmentOf(args));
  },
});

const remove = defineCommand({
  meta: { description: 'take our entries out of their notifications again' },
  args: environmentArgument,
  async run({ args }) {
    await removeEvents(await environmentOf(args));
  },
});

export default defineCommand({
  meta: { name: 'events', description: 'what changes on Ceph, for those who work on objects' },
  subCommands: { serve, install, remove },
});
