import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import type { Phase } from '../../infra/phases/phase.ts';
import type { StepAnswer, StepRequest } from '../../scripts/steps/protocol.ts';
import { pathWith } from '../../scripts/toolchain/executables.ts';
import { recordingFolders, standInFolders } from '../../scripts/toolchain/plugins.ts';
import {
  FUNCTIONS_FILE,
  RECORDS_FOLDER_VARIABLE,
  recordedResources,
} from '../../scripts/toolchain/plugins/recording/records.ts';
import type { Recorded } from '../../scripts/toolchain/plugins/recording/records.ts';
import { ensurePulumi } from '../../scripts/toolchain/pulumi.ts';
import { AwsEndpoint, type AwsAnswer, type AwsCall } from './aws-endpoint.ts';
import type { EngineResult } from './engine.ts';
import { changesIn, errorsIn, tamper, type Change } from './recording-project.ts';

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

type Exported = { deployment: { resources?: StateResource[] } };

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
  /** What really stands: what the plugins recorded. */
  recorded(): Promise<Recorded[]>;
  /** Changes what really stands of the resource of that name in the program; `null` deletes it. */
  tamper(name: string, change: (live: Record<string, unknown>) => void | null): Promise<void>;
  /** What a function of the AWS provider answers from now on, over what it would answer, by its token. */
  functionAnswers(answers: Record<string, Record<string, unknown>>): Promise<void>;
  /** Changes the engine's state as if the last update had run another program. */
  rewriteState(change: (resource: StateResource) => void): Promise<void>;
  /** `key` without its project; with `path: true` one such as `ceph.images.nodeGroups[0].count`. */
  setConfig(key: string, value: string, options?: { path?: boolean }): Promise<void>;
  /** Has copies of Pulumi.yaml and of the stack's settings, and the state. */
  readonly folder: string;
  /** What `pulumi` is run with. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Every call of an AWS API that the hooks made. */
  readonly calls: AwsCall[];
  /** What the APIs answer, by action (`ssm.SendCommand`): a test may replace or add any. */
  readonly answers: Record<string, AwsAnswer>;
  /** What the steps function answers. Default: every step succeeds, in the phase that was asked for. */
  steps(answer: (request: StepRequest) => StepAnswer): void;
  remove(): Promise<void>;
};

/** @param options.config set before anything runs, by key without its project */
export async function awsStack(
  stack: 'dev' | 'prod',
  options: { config?: Record<string, string> } = {},
): Promise<AwsStack> {
  const folder = await mkdtemp(path.join(os.tmpdir(), `storage-${stack}-`));
  const inFolder = (name: string) => path.join(folder, name);
  await Promise.all(['state', 'engine', 'home'].map((name) => mkdir(inFolder(name))));
  const configFile = inFolder(`Pulumi.${stack}.yaml`);
  await copyFile(path.join(checkout, `Pulumi.${stack}.yaml`), configFile);
  await copyFile(path.join(checkout, 'Pulumi.yaml'), inFolder('Pulumi.yaml'));
  let step: (request: StepRequest) => StepAnswer = succeed;
  const endpoint = await AwsEndpoint.start({
    'lambda.Invoke': ({ Payload }) => step(Payload as StepRequest),
    ...runCommandAnswers(),
  });
  const { binDir } = await ensurePulumi({ log: () => {} });
  const env = {
    ...cloudVariables(endpoint.url),
    PATH: pathWith([binDir, ...standInFolders, ...recordingFolders]),
    HOME: inFolder('home'),
    PULUMI_HOME: inFolder('engine'),
    PULUMI_BACKEND_URL: `file://${inFolder('state')}`,
    PULUMI_CONFIG_PASSPHRASE: 'test',
    PULUMI_SKIP_UPDATE_CHECK: 'true',
    PULUMI_IGNORE_AMBIENT_PLUGINS: undefined,
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
  // Making a stack writes the salt of its passphrase beside the project file: here, beside a copy.
  await execa('pulumi', ['stack', 'init', stack, '--non-interactive'], { cwd: folder, env });

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
      JSON.parse(await must('stack', 'output', '--json', '--show-secrets')) as Record<string, unknown>,
    state: async () => {
      const exported = JSON.parse(await must('stack', 'export')) as Exported;
      return exported.deployment.resources ?? [];
    },
    recorded: async () =>
      (await recordedResources(inFolder('recorded'), stack)).map(({ recorded }) => recorded),
    tamper: (name, change) => tamper(inFolder('recorded'), stack, name, change),
    functionAnswers: async (answers) => {
      await mkdir(inFolder('recorded'), { recursive: true });
      await writeFile(inFolder(`recorded/${FUNCTIONS_FILE}`), JSON.stringify(answers));
    },
    rewriteState: async (change) => {
      const exported = JSON.parse(await must('stack', 'export')) as Exported;
      exported.deployment.resources?.forEach(change);
      await writeFile(inFolder('rewritten.json'), JSON.stringify(exported));
      await must('stack', 'import', '--file', inFolder('rewritten.json'));
    },
    setConfig: async (key, value, { path: isPath = false } = {}) => {
      await must('config', 'set', ...(isPath ? ['--path'] : []), `storage:${key}`, value);
    },
    folder,
    env,
    calls: endpoint.calls,
    answers: endpoint.answers,
    steps: (answer) => {
      step = answer;
    },
    remove: async () => {
      await endpoint.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
  for (const [key, value] of Object.entries(options.config ?? {})) await self.setConfig(key, value);
  return self;
}

/** As the function answers when all is well: the phase is what the hook prints. */
function succeed(request: StepRequest): StepAnswer {
  return { exitCode: 0, output: 'phase' in request ? request.phase : '', lines: [] };
}

/** Commands on the hosts end well at once. */
function runCommandAnswers(): Record<string, AwsAnswer> {
  let commands = 0;
  return {
    'ssm.SendCommand': (input) => {
      commands += 1;
      const CommandId = `00000000-0000-4000-8000-${String(commands).padStart(12, '0')}`;
      return { Command: { CommandId, InstanceIds: input['InstanceIds'], Status: 'Pending' } };
    },
    'ssm.GetCommandInvocation': ({ CommandId, InstanceId }) => ({
      CommandId,
      InstanceId,
      Status: 'Success',
      StatusDetails: 'Success',
      ResponseCode: 0,
      StandardOutputContent: '',
      StandardErrorContent: '',
    }),
    'ssm.DescribeInstanceInformation': () => ({ InstanceInformationList: [] }),
  };
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
