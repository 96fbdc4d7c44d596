import { defineCommand } from 'citty';
import { environmentArgument, environmentOf } from '../command-line.ts';
import { stopSignal } from '../../platform/process.ts';
import { UserError } from '../../contract/errors.ts';
import { assertReachable, openLedger } from '../../ledger/connect.ts';
import { proveCanary } from '../../move/capture/canary.ts';
import { installCapture, removeCapture } from '../../move/capture/notification.ts';
import { serveCapture, servePulse } from '../../move/capture/serve.ts';

const serve = defineCommand({
  meta: {
    name: 'serve',
    description:
      'receive the notifications that Ceph pushes, write the canary and sample the lag, until it is told to stop. Example: migrate capture serve --environment environment.json',
  },
  args: environmentArgument,
  async run({ args }) {
    await serveCapture(await environmentOf(args), stopSignal());
  },
});

const pulse = defineCommand({
  meta: {
    name: 'pulse',
    description:
      'write the canary to every source bucket and sample the lag, until it is told to stop; for AWS, where a Lambda takes the notifications. Example: migrate capture pulse --environment ssm:/storage/prod/environment',
  },
  args: environmentArgument,
  async run({ args }) {
    await servePulse(await environmentOf(args), stopSignal());
  },
});

const install = defineCommand({
  meta: {
    name: 'install',
    description:
      "add our entry to the source buckets' notifications; the others stay. Example: migrate capture install --environment environment.json",
  },
  args: environmentArgument,
  async run({ args }) {
    await installCapture(await environmentOf(args));
  },
});

const remove = defineCommand({
  meta: {
    name: 'remove',
    description:
      "take our entry out of the source buckets' notifications again; the others stay. Example: migrate capture remove --environment environment.json",
  },
  args: environmentArgument,
  async run({ args }) {
    await removeCapture(await environmentOf(args));
  },
});

const canary = defineCommand({
  meta: {
    name: 'canary',
    description:
      'prove that events come through: write a canary and wait for its event in the log. Example: migrate capture canary --deadline 60',
  },
  args: {
    ...environmentArgument,
    deadline: {
      type: 'string',
      description: 'how long to wait, in seconds',
      default: '60',
      valueHint: 'SECONDS',
    },
  },
  async run({ args }) {
    const deadlineSeconds = Number(args.deadline);
    if (!(deadlineSeconds > 0)) {
      throw new UserError(
        `--deadline is "${args.deadline}"; it must be a number of seconds above 0, for example 60`,
      );
    }
    const environment = await environmentOf(args);
    const ledger = openLedger(environment.ledger, { max: environment.moves.length, application: 'canary' });
    try {
      await assertReachable(ledger);
      for (const [move, seconds] of Object.entries(
        await proveCanary(environment, ledger, { deadlineSeconds }),
      )) {
        process.stdout.write(`${move}: the canary came through in ${seconds.toFixed(2)} s\n`);
      }
    } finally {
      await ledger.end();
    }
  },
});

export default defineCommand({
  meta: {
    name: 'capture',
    description: 'The log of what changes on S3. Example: migrate capture canary --deadline 60',
  },
  subCommands: { serve, pulse, install, remove, canary },
});
