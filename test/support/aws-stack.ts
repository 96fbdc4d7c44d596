import { copyFile, cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { parseDocument } from 'yaml';
import type { Phase } from '../../scripts/contract/phases.ts';
import type { StepAnswer, StepRequest } from '../../scripts/contract/step-protocol.ts';
import { pathWith } from '../../scripts/tools/toolchain/executables.ts';
import { recordingFolders, standInFolders } from '../../scripts/tools/toolchain/plugins.ts';
import {
  FUNCTIONS_FILE,
  RECORDS_FOLDER_VARIABLE,
  recordedResources,
} from '../../scripts/tools/stand-ins/records.ts';
import type { Recorded } from '../../scripts/tools/stand-ins/records.ts';
import { ensurePulumi } from '../../scripts/tools/toolchain/pulumi.ts';
import { accountAnswers, succeed } from './aws-answers.ts';
import { AwsEndpoint, type AwsAnswer, type AwsCall } from './aws-endpoint.ts';
import type { EngineResult } from './engine.ts';
import { ImageRegistry } from './image-registry.ts';
import { changesIn, errorsIn, tamper, type Change } from './recording-project.ts';

/** Of the accounts of dev and prod, as their settings name them. */
const REGISTRIES = ['444455556666', '111122223333'].map(
  (account) => `${account}.dkr.ecr.us-east-1.amazonaws.com`,
) as [string, string];

const checkout = path.resolve(import.meta.dirname, '../..');

/** A resource as the engine's state has it. */
export type StateResource = {
  urn: string;
  type: string;
  id?: string;
  parent?: string;
  protect?: boolean;
  retainOnDelete?: boolean;
  inputs?: Record<string, unknown>;
  outputs?: Record<string, unknown>;
};

/** The state as the engine keeps it in a file. */
type Kept = { checkpoint: { latest: { resources?: StateResource[] } } };

/**
 * The program of this checkout as the stack `dev` or `prod`, run by the real engine on the plugins that
 * record, with a state, a home and a configuration of its own.
 */
export type AwsStack = {
  /** Runs `pulumi ARGUMENT…` on the stack. Does not throw when it fails. */
  pulumi(...args: string[]): Promise<EngineResult>;
  /** `pulumi up`. Throws, with all that was printed, when it fails. Returns what it printed. */
  up(...args: string[]): Promise<string>;
  /** `pulumi preview --json`: what would change. Throws when it fails. */
  preview(...args: string[]): Promise<Change[]>;
  /** Goes to a phase: sets it, and `pulumi up`. */
  enter(phase: Phase): Promise<string>;
  outputs(): Promise<Record<string, unknown>>;
  state(): Promise<StateResource[]>;
  /** What really exists: what the plugins recorded. */
  recorded(): Promise<Recorded[]>;
  /** Changes what really exists of the resource of that name in the program; `null` deletes it. */
  tamper(name: string, change: (live: Record<string, unknown>) => void | null): Promise<void>;
  /** What a function of the AWS provider answers from now on, over what it would answer, by its token. */
  functionAnswers(answers: Record<string, Record<string, unknown>>): Promise<void>;
  /** Changes the engine's state as if the last update had run another program. */
  rewriteState(change: (resource: StateResource) => void): Promise<void>;
  /** `key` without its project; of a deeper setting the keys that lead to it. */
  setConfig(key: string | [string, ...(string | number)[]], value: string | number): Promise<void>;
  /** Has copies of Pulumi.yaml and of the stack's settings, and the state. */
  readonly folder: string;
  /** What `pulumi` is run with. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Every call of an AWS API that the hooks made. */
  readonly calls: AwsCall[];
  /** Every image that was asked for. */
  readonly images: string[];
  /** What the APIs answer, by action (`ssm.SendCommand`): a test may replace or add any. */
  readonly answers: Record<string, AwsAnswer>;
  /** What the steps function answers. Default: every step succeeds, in the phase that was asked for. */
  steps(answer: (request: StepRequest) => StepAnswer): void;
  /** A copy of this stack as it is now, which goes its own way from here. */
  fork(): Promise<AwsStack>;
  remove(): Promise<void>;
};

type StackName = 'dev' | 'prod';

/** A stack of which nothing is made yet. */
export async function awsStack(stack: StackName): Promise<AwsStack> {
  const folder = await mkdtemp(path.join(os.tmpdir(), `storage-${stack}-`));
  await Promise.all(['state', 'engine', 'home'].map((name) => mkdir(path.join(folder, name))));
  for (const file of [`Pulumi.${stack}.yaml`, 'Pulumi.yaml']) {
    await copyFile(path.join(checkout, file), path.join(folder, file));
  }
  const self = await openStack(stack, folder);
  // Making a stack writes the salt of its passphrase beside the project file: here, beside a copy.
  await execa('pulumi', ['stack', 'init', stack, '--non-interactive'], { cwd: folder, env: self.env });
  return self;
}

/** The stack whose state, records and settings are in a folder, which `remove` removes; with answers of its own. */
export async function openStack(stack: StackName, folder: string): Promise<AwsStack> {
  const inFolder = (name: string) => path.join(folder, name);
  const configFile = inFolder(`Pulumi.${stack}.yaml`);
  const stateFile = inFolder(`state/.pulumi/stacks/storage/${stack}.json`);
  const readState = async () => JSON.parse(await readFile(stateFile, 'utf8')) as Kept;
  let step: (request: StepRequest) => StepAnswer = succeed;
  const endpoint = await AwsEndpoint.start({
    'lambda.Invoke': ({ Payload }) => step(Payload as StepRequest),
    ...accountAnswers(),
  });
  const registry = await ImageRegistry.start(...REGISTRIES);
  const { binDir } = await ensurePulumi({ log: () => {} });
  const env = {
    ...cloudVariables(endpoint.url),
    ...registry.variables,
    PATH: pathWith([binDir, ...standInFolders, ...recordingFolders]),
    HOME: inFolder('home'),
    PULUMI_HOME: inFolder('engine'),
    PULUMI_BACKEND_URL: `file://${inFolder('state')}`,
    PULUMI_CONFIG_PASSPHRASE: 'test',
    PULUMI_SKIP_UPDATE_CHECK: 'true',
    // Writing the whole state after each resource takes longer than all else; no test kills an update here.
    PULUMI_SKIP_CHECKPOINTS: 'true',
    PULUMI_IGNORE_AMBIENT_PLUGINS: undefined,
    NODE_COMPILE_CACHE: path.join(checkout, 'node_modules/.cache/compiled'),
    [RECORDS_FOLDER_VARIABLE]: inFolder('recorded'),
  };
  const run = async (args: readonly string[]): Promise<EngineResult> => {
    const takesConfig = ['up', 'preview', 'destroy', 'refresh', 'config'].includes(args[0] ?? '');
    const { exitCode, all } = await execa(
      'pulumi',
      [
        ...args,
        '--non-interactive',
        `--stack=${stack}`,
        ...(takesConfig ? ['--config-file', configFile] : []),
      ],
      { cwd: checkout, env, all: true, reject: false },
    );
    return { exitCode: exitCode ?? -1, output: all };
  };
  const must = async (...args: string[]): Promise<string> => {
    const { exitCode, output } = await run(args);
    if (exitCode !== 0) throw new Error(`pulumi ${args.join(' ')} ended with ${exitCode}:\n${output}`);
    return output;
  };
  const self: AwsStack = {
    pulumi: (...args) => run(args),
    up: (...args) => must('up', '--yes', '--skip-preview', ...args),
    preview: async (...args) => {
      const { exitCode, output } = await run(['preview', '--json', ...args]);
      if (exitCode !== 0) throw new Error(`pulumi preview ended with ${exitCode}:\n${errorsIn(output)}`);
      return changesIn(output);
    },
    enter: async (phase) => {
      await self.setConfig('phase', phase);
      return self.up();
    },
    outputs: async () =>
      (await self.state()).find(({ type }) => type === 'pulumi:pulumi:Stack')?.outputs ?? {},
    // Files in place of processes: `pulumi stack export`, `import` and `config set` take a second each.
    state: async () => (await readState()).checkpoint.latest.resources ?? [],
    recorded: async () =>
      (await recordedResources(inFolder('recorded'), stack)).map(({ recorded }) => recorded),
    tamper: (name, change) => tamper(inFolder('recorded'), stack, name, change),
    functionAnswers: async (answers) => {
      await mkdir(inFolder('recorded'), { recursive: true });
      await writeFile(inFolder(`recorded/${FUNCTIONS_FILE}`), JSON.stringify(answers));
    },
    rewriteState: async (change) => {
      const kept = await readState();
      kept.checkpoint.latest.resources?.forEach(change);
      await writeFile(stateFile, JSON.stringify(kept));
    },
    setConfig: async (key, value) => {
      const [first, ...deeper] = [key].flat();
      const settings = parseDocument(await readFile(configFile, 'utf8'));
      settings.setIn(['config', `storage:${first}`, ...deeper], value);
      await writeFile(configFile, settings.toString());
    },
    folder,
    env,
    calls: endpoint.calls,
    images: registry.asked,
    answers: endpoint.answers,
    steps: (answer) => {
      step = answer;
    },
    fork: async () => {
      const copy = await mkdtemp(path.join(os.tmpdir(), `storage-${stack}-`));
      await cp(folder, copy, { recursive: true });
      return openStack(stack, copy);
    },
    remove: async () => {
      await Promise.all([endpoint.stop(), registry.stop()]);
      await rm(folder, { recursive: true, force: true });
    },
  };
  return self;
}

/** All AWS APIs are the one on loopback, and nothing of this machine's own accounts is in reach. */
function cloudVariables(url: string): Record<string, string | undefined> {
  return {
    AWS_ENDPOINT_URL: url,
    AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'example',
    AWS_SESSION_TOKEN: undefined,
    AWS_REGION: 'us-east-1',
    AWS_PROFILE: undefined,
    AWS_CA_BUNDLE: undefined,
    AWS_EC2_METADATA_DISABLED: 'true',
    KUBECONFIG: undefined,
  };
}
