import { randomBytes } from 'node:crypto';
import pulumi from '@pulumi/pulumi';
import type { Provider } from '@pulumi/pulumi/provider/index.js';
import { nameOf, typeOf } from '../provider.ts';
import { hasSecret, plain, secret, type Wire } from '../wire.ts';
import { checkInputs, diffInputs, type CommandInputs } from './inputs.ts';
import { cancelCommands, runCommand, type CommandOutputs } from './run.ts';

/**
 * `command:local:Command` with the semantics of the real provider, 1.2.1
 * (https://github.com/pulumi/pulumi-command/tree/v1.2.1/provider/pkg/provider/local).
 *
 * Nothing runs in a preview: a provider that does not say it supports previews is not asked then.
 */
export const provider: Provider = {
  version: '1.2.1',

  check: (urn: string, _olds: Wire, news: Wire) => {
    const failures = checkInputs(typeOf(urn), news);
    // The real one writes this default into the state.
    return Promise.resolve({ inputs: { addPreviousOutputInEnv: true, ...news }, failures });
  },

  diff: (_id: string, _urn: string, olds: Wire, news: Wire) => Promise.resolve(diffInputs(olds, news)),

  create: async (urn: string, inputs: Wire) => ({
    id: `${nameOf(urn)}${randomBytes(4).toString('hex')}`,
    outs: await run(urn, (plain(inputs) as CommandInputs).create, inputs, {}),
  }),

  update: async (_id: string, urn: string, olds: Wire, news: Wire) => {
    const { create, update } = plain(news) as CommandInputs;
    return { outs: await run(urn, update ?? create, news, olds) };
  },

  delete: async (_id: string, urn: string, state: Wire) => {
    await run(urn, (plain(state) as CommandInputs).delete, state, state);
  },

  invoke: (token: string) =>
    Promise.reject(withoutStack(new Error(`The stand-in has no function ${token}.`))),

  cancel: () => Promise.resolve(cancelCommands()),
};

/** Runs one command of a resource and returns the resource's new state. */
async function run(urn: string, command: string | undefined, inputs: Wire, state: Wire): Promise<Wire> {
  const { stdout, stderr } = plain(state) as Partial<CommandOutputs>;
  const previous = { stdout: stdout ?? '', stderr: stderr ?? '' };
  const log = (line: string) => void pulumi.log.info(line, resource(urn), undefined, true);
  const outputs =
    command === undefined
      ? previous
      : await runCommand(command, plain(inputs) as CommandInputs, previous, log).catch((error: Error) => {
          throw withoutStack(error);
        });
  // Every output depends on every input, so one secret makes them all secret.
  const wrap = hasSecret(inputs) ? secret : (value: unknown) => value;
  return { ...inputs, stdout: wrap(outputs.stdout), stderr: wrap(outputs.stderr) };
}

/** The server prints stacks to the console; a command's failure is no bug of ours. */
function withoutStack(error: Error): Error {
  error.stack = '';
  return error;
}

/** What the log needs of a resource. */
function resource(urn: string): pulumi.Resource {
  return { urn: pulumi.output(urn) } as pulumi.Resource;
}
