import { Command } from '@commander-js/extra-typings';
import { messageOf, UserError } from '../contract/errors.ts';
import { LocalMove } from './local-move.ts';
import { narrator } from './narrator.ts';
import { finalReport } from './report/final.ts';
import { DEFAULTS, parseSettings } from './settings.ts';

const withHome = (command: Command) =>
  command.option('--home <DIR>', `the one folder that holds the environment; default: ${DEFAULTS.home}`);

/** What npm runs: `npm run local` is `run`, `npm run local:down` is `down`, and so on. */
const local = new Command()
  .configureHelp({ commandUsage: (command) => command.usage() })
  .enablePositionalOptions()
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2));

withHome(local.command('run'))
  .usage('npm run local -- [options]')
  .description(
    'Brings real Ceph, Nginx and PostgreSQL up on this machine and moves an image store from S3 to Ceph while clients write.',
  )
  .option(
    '--through <PHASE>',
    `leave the environment up in this phase: prepare, copy, cutover, retain, retire or done; default: ${DEFAULTS.through}`,
  )
  .option('--objects <N>', `photographs in the source; default: ${DEFAULTS.objects}`)
  .option('--rate <N>', `operations a second of all clients together; default: ${DEFAULTS.rate}`)
  .option('--port-base <N>', `the first of 300 ports, all on loopback; default: ${DEFAULTS.portBase}`)
  .addHelpText('after', '\nExample:\n  npm run local -- --through done --objects 500')
  .action((options) =>
    guarded(async () => {
      const settings = parseSettings(options);
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
  );

withHome(local.command('down'))
  .usage('npm run local:down -- [options]')
  .description('Stops every daemon of the local environment and removes its folder, and nothing else.')
  .action((options) =>
    guarded(async () => {
      const { home } = parseSettings(options);
      await LocalMove.remove(home, (line) => process.stdout.write(`${line}\n`));
    }),
  );

// Pulumi's own options pass through.
withHome(local.command('pulumi'))
  .usage('npm run local:pulumi -- [options] COMMAND')
  .description('Any command of Pulumi on the local stack.')
  .option('--port-base <N>', `the first of 300 ports, all on loopback; default: ${DEFAULTS.portBase}`)
  .argument('[words...]')
  .addHelpText('after', '\nExample:\n  npm run local:pulumi -- config set storage:phase copy')
  .allowUnknownOption()
  .action((words, options) =>
    guarded(async () => {
      const move = await LocalMove.open(parseSettings(options), (line) => process.stderr.write(`${line}\n`));
      try {
        process.exitCode = await move.engine.handOver(words);
      } finally {
        await move.close();
      }
    }),
  );

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

await local.parseAsync();
