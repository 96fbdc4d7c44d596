import { defineCommand, runMain } from 'citty';
import { messageOf, UserError } from '../contract/errors.ts';
import { LocalMove } from './local-move.ts';
import { narrator } from './narrator.ts';
import { finalReport } from './report/final.ts';
import { DEFAULTS, parseSettings } from './settings.ts';

const homeArgument = {
  home: {
    type: 'string',
    description: `the one folder that holds the environment; default: ${DEFAULTS.home}`,
    valueHint: 'DIR',
  },
} as const;

const portArgument = {
  'port-base': {
    type: 'string',
    description: `the first of 300 ports, all on loopback; default: ${DEFAULTS.portBase}`,
    valueHint: 'N',
  },
} as const;

const run = defineCommand({
  meta: {
    name: 'npm run local --',
    description:
      'Brings real Ceph, Nginx and PostgreSQL up on this machine and moves an image store from S3 to Ceph while clients write. Example: npm run local -- --through done --objects 500',
  },
  args: {
    through: {
      type: 'string',
      description: `leave the environment up in this phase: prepare, copy, cutover, retain, retire or done; default: ${DEFAULTS.through}`,
      valueHint: 'PHASE',
    },
    objects: {
      type: 'string',
      description: `photographs in the source; default: ${DEFAULTS.objects}`,
      valueHint: 'N',
    },
    rate: {
      type: 'string',
      description: `operations a second of all clients together; default: ${DEFAULTS.rate}`,
      valueHint: 'N',
    },
    ...homeArgument,
    ...portArgument,
  },
  run: ({ args }) =>
    guarded(async () => {
      const settings = parseSettings({ ...args, portBase: args['port-base'] });
      const narrate = narrator(process.stdout);
      const move = await LocalMove.open(settings, narrate.line);
      try {
        await move.advanceThrough(settings.through, narrate.phase);
        narrate.phase('report');
        process.exitCode = await finalReport(move, (text) => process.stdout.write(text));
      } finally {
        narrate.end();
        await move.close();
      }
    }),
});

const down = defineCommand({
  meta: {
    name: 'npm run local:down --',
    description: 'Stops every daemon of the local environment and removes its folder, and nothing else.',
  },
  args: homeArgument,
  run: ({ args }) =>
    guarded(async () => {
      const { home } = parseSettings(args);
      await LocalMove.remove(home, (line) => process.stdout.write(`${line}\n`));
    }),
});

const pulumi = defineCommand({
  meta: {
    name: 'npm run local:pulumi --',
    description:
      'Any command of Pulumi on the local stack. Example: npm run local:pulumi -- config set storage:phase copy',
  },
  run: ({ rawArgs }) =>
    guarded(async () => {
      const { settings, words } = splitHome(rawArgs);
      const move = await LocalMove.open(settings, (line) => process.stderr.write(`${line}\n`));
      try {
        process.exitCode = await move.engine.handOver(words);
      } finally {
        await move.close();
      }
    }),
});

/** Pulumi's own words, without `--home DIR` and `--port-base N`, which are ours. */
function splitHome(rawArgs: string[]) {
  const words: string[] = [];
  const ours: Record<string, unknown> = {};
  for (let index = 0; index < rawArgs.length; index += 1) {
    const word = rawArgs[index] ?? '';
    if (word === '--home') ours['home'] = rawArgs[(index += 1)];
    else if (word === '--port-base') ours['portBase'] = rawArgs[(index += 1)];
    else words.push(word);
  }
  return { settings: parseSettings(ours), words };
}

/** The one place that decides what a failure prints and with what code the process exits. */
async function guarded(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const text = error instanceof UserError ? error.message : ((error as Error).stack ?? messageOf(error));
    process.stderr.write(`\n${text}\n`);
    process.exitCode = error instanceof UserError ? error.exitCode : 70;
  }
}

await runMain(defineCommand({ meta: { name: 'local' }, subCommands: { run, down, pulumi } }));
