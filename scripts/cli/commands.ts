import { Command, type OutputConfiguration } from '@commander-js/extra-typings';
import packageJson from '../../package.json' with { type: 'json' };
import { quietWithJson, refuseMisplaced } from './before-action.ts';
import { example } from './example.ts';

const WIDEST = 100;

const AFTER_HELP = `
Exit codes:
  0    done
  1    differences, failed keys, or refused
  2    wrong use
  3    a store or the ledger could not be reached, or refused
  70   a bug
  143  told to stop before the end`;

/** A file of one command adds its options and what it does. */
type CommandFile = { default: (command: Command) => void };

/** The whole command line. A command's own file is loaded when that command is asked for. */
export function migrate(output: OutputConfiguration = {}): Command {
  const program = new Command('migrate');
  const files = new Map<string, () => Promise<void>>();
  const add = (name: string, summary: string, load: () => Promise<CommandFile>): void => {
    const command = program.command(name).summary(summary).helpCommand(false);
    files.set(name, async () => (await load()).default(command));
  };
  program
    .description(
      'Moves buckets from S3 to Ceph while applications go on writing; or makes any bucket equal to another, on any two S3 endpoints.',
    )
    .version(packageJson.version, '--version')
    .helpCommand(false)
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({ getOutHelpWidth: helpWidth, getErrHelpWidth: helpWidth, ...output })
    .showHelpAfterError('Add --help to see what there is.')
    .addHelpText(
      'after',
      example('migrate sync --source s3://photos --target s3://photos --target-profile ceph'),
    )
    .addHelpText('afterAll', AFTER_HELP)
    .hook('preSubcommand', (_, command) => files.get(command.name())?.())
    .hook('preAction', (_, command) => refuseMisplaced(command))
    .hook('preAction', (_, command) => quietWithJson(command));

  program.commandsGroup('For any two S3 endpoints, and for a stack:');
  add('preflight', 'what is in the way of a copy', () => import('./commands/preflight.ts'));
  add('sync', 'the bulk copy: makes the target equal to the source', () => import('./commands/sync.ts'));
  add('replay', 'brings later changes to the target', () => import('./commands/replay.ts'));
  add('verify', 'compares both sides and writes certificates', () => import('./commands/verify.ts'));
  add('status', 'how far it is', () => import('./commands/status.ts'));
  add('failed', 'the keys that keep failing', () => import('./commands/failed.ts'));
  add('retry', 'puts failed keys back', async () => ({
    default: (await import('./commands/failed.ts')).retry,
  }));

  program.commandsGroup("For a stack's move:");
  add('phase', 'the steps of the phases, which pulumi up runs', () => import('./commands/phase.ts'));
  add('source', "what the customer's buckets were like before us", () => import('./commands/source.ts'));
  add('capture', 'the log of what changes on S3', () => import('./commands/capture.ts'));
  add('events', 'what changes on Ceph, for those who work on objects', () => import('./commands/events.ts'));
  add('hold', 'ends the hold that turns the applications', () => import('./commands/hold.ts'));
  add('pending', 'the keys that are on S3 alone', () => import('./commands/pending.ts'));
  add('cache-tier', 'Nginx before the images', () => import('./commands/cache-tier.ts'));
  add('teardown', 'empties S3, or says why not', () => import('./commands/teardown.ts'));
  add('databases', 'makes the databases, users and schemas', () => import('./commands/databases.ts'));
  return program;
}

function helpWidth(): number {
  return Math.min(WIDEST, process.stdout.columns ?? WIDEST);
}
