import * as command from '@pulumi/command';
import type * as pulumi from '@pulumi/pulumi';
import { ENTRIES } from '../../scripts/contract/entries.ts';

/** How the parts of the local environment are run. */
export type LocalRuntime = {
  /** The one folder that holds every daemon's data, log and pid. Absolute, at most 60 characters. */
  home: string;
  /** The Node that runs the scripts, with its absolute path. */
  nodeBinary: string;
  /** The checkout. */
  projectFolder: string;
  /**
   * Any text. Where it differs from the last update's, every part is looked after again, and what is dead
   * is started; otherwise only parts whose own settings changed. Default: none.
   */
  run?: string;
};

/**
 * One part of the local environment: a command that brings it up from a description on standard input. Its
 * create and its update are the same, and it has no delete: `pulumi destroy` stops nothing and removes no data
 * (`npm run local:down` does).
 *
 * @returns what the part printed, parsed
 */
export function partCommand<Outputs>(
  name: string,
  part: string,
  runtime: LocalRuntime,
  spec: object,
  options: pulumi.CustomResourceOptions,
): pulumi.Output<Outputs> {
  const script = `${runtime.projectFolder}/${ENTRIES.localPart}`;
  const line = [runtime.nodeBinary, script, part, 'up'].map(quote).join(' ');
  const document = {
    home: runtime.home,
    ...(runtime.run === undefined ? {} : { run: runtime.run }),
    ...spec,
  };
  const resource = new command.local.Command(
    name,
    {
      create: line,
      update: line,
      stdin: JSON.stringify(document),
      logging: command.local.Logging.Stderr,
    },
    { ...options, retainOnDelete: true },
  );
  return resource.stdout.apply((text) => JSON.parse(text) as Outputs);
}

function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
