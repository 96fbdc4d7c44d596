import { gzipSync } from 'node:zlib';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  DescribeInstanceInformationCommand,
  GetCommandInvocationCommand,
  ListCommandInvocationsCommand,
  SendCommandCommand,
  type CommandPlugin,
  type SSMClient,
} from '@aws-sdk/client-ssm';
import { NOT_A_MEMBER } from '../contract/ceph-host-steps.ts';
import { awsTrouble } from '../store/identity/aws-client.ts';
import { UserError } from '../contract/errors.ts';
import type { StepRequest } from './request.ts';

type Monitor = StepRequest['monitors'][number];
type Say = (line: string) => void;

export type Polling = {
  /** Between two looks, in milliseconds. */
  look: number;
  /** How long a host may take to appear at Systems Manager after its start, in milliseconds. */
  appear: number;
};
const POLLING: Polling = { look: 3000, appear: 15 * 60_000 };

/** How long a host may take to begin with the command. */
const DELIVERY_SECONDS = 600;
const ENDED = ['Success', 'Failed', 'Cancelled', 'TimedOut', 'Undeliverable', 'Terminated'];

/**
 * Carries the step out on one of the monitors and tells of each part as it ends. A monitor that is no member
 * (yet, or since it was replaced) passes it on to the next.
 *
 * @throws UserError (exit 3) where none can, or a part fails: with what it said
 */
export async function applyCluster(
  request: StepRequest,
  client: SSMClient,
  say: Say,
  polling: Polling = POLLING,
): Promise<void> {
  const { cluster } = request.plan;
  const refusals: string[] = [];
  for (const monitor of request.monitors) {
    if (!(await appears(client, monitor, refusals.length === 0 ? polling.appear : 0, polling.look))) {
      refusals.push(`${monitor.name} (${monitor.instanceId}) is not known to Systems Manager`);
      continue;
    }
    say(`${cluster}: on ${monitor.name}`);
    const commandId = await send(client, request, monitor);
    const failed = await follow(client, commandId, monitor, polling.look, (line) =>
      say(`${cluster}: ${line}`),
    );
    if (failed === undefined) return;
    const said = await saidBy(client, commandId, monitor, failed);
    if (failed.ResponseCode !== NOT_A_MEMBER) {
      throw new UserError(
        `The part "${failed.Name ?? ''}" failed on ${monitor.name} (${failed.StatusDetails ?? ''}):\n${said}`,
        { exitCode: 3 },
      );
    }
    refusals.push(`${monitor.name} (${monitor.instanceId}): ${said}`);
  }
  throw new UserError(
    `No monitor of the Ceph cluster ${cluster} can carry the step out:\n${refusals.join('\n')}\n` +
      'docs/runbooks/ceph-replace-node.md says what to do when monitors are lost.',
    { exitCode: 3 },
  );
}

async function appears(client: SSMClient, monitor: Monitor, limit: number, look: number): Promise<boolean> {
  const end = Date.now() + limit;
  for (;;) {
    const { InstanceInformationList = [] } = await asking('Hosts cannot be listed', () =>
      client.send(
        new DescribeInstanceInformationCommand({
          Filters: [{ Key: 'InstanceIds', Values: [monitor.instanceId] }],
        }),
      ),
    );
    if (InstanceInformationList.some(({ PingStatus }) => PingStatus === 'Online')) return true;
    if (Date.now() >= end) return false;
    await sleep(look);
  }
}

async function send(client: SSMClient, request: StepRequest, monitor: Monitor): Promise<string> {
  const plan = gzipSync(JSON.stringify(request.plan)).toString('base64');
  const { Command } = await asking('The step cannot be sent', () =>
    client.send(
      new SendCommandCommand({
        DocumentName: request.document,
        DocumentVersion: request.version,
        InstanceIds: [monitor.instanceId],
        Parameters: { plan: [plan] },
        TimeoutSeconds: DELIVERY_SECONDS,
        Comment: `Ceph cluster ${request.plan.cluster}`,
      }),
    ),
  );
  if (Command?.CommandId === undefined) throw new UserError('Systems Manager gave the command no id');
  return Command.CommandId;
}

/** Answers the part that failed, or nothing. */
async function follow(
  client: SSMClient,
  commandId: string,
  monitor: Monitor,
  look: number,
  say: Say,
): Promise<CommandPlugin | undefined> {
  const told = new Set<string>();
  for (;;) {
    const { CommandInvocations = [] } = await asking('The step cannot be followed', () =>
      client.send(new ListCommandInvocationsCommand({ CommandId: commandId, Details: true })),
    );
    const invocation = CommandInvocations.find(({ InstanceId }) => InstanceId === monitor.instanceId);
    const parts = invocation?.CommandPlugins ?? [];
    for (const part of parts) {
      const name = part.Name ?? '';
      if (part.Status !== 'Success' || told.has(name)) continue;
      told.add(name);
      for (const line of (part.Output ?? '').trim().split('\n')) say(line === '' ? name : `${name}: ${line}`);
    }
    if (invocation?.Status === undefined || !ENDED.includes(invocation.Status)) {
      await sleep(look);
      continue;
    }
    if (invocation.Status === 'Success') return undefined;
    return (
      parts.find(({ Status }) => Status !== 'Success' && Status !== 'Pending') ?? {
        Name: 'write',
        StatusDetails: invocation.StatusDetails,
      }
    );
  }
}

/** All that a part said, of which a listing shows the first 2,500 characters. */
async function saidBy(
  client: SSMClient,
  commandId: string,
  monitor: Monitor,
  part: CommandPlugin,
): Promise<string> {
  const { StandardOutputContent = '', StandardErrorContent = '' } = await asking(
    'What the step said cannot be read',
    () =>
      client.send(
        new GetCommandInvocationCommand({
          CommandId: commandId,
          InstanceId: monitor.instanceId,
          PluginName: part.Name,
        }),
      ),
  );
  return `${StandardOutputContent.trim()}\n${StandardErrorContent.trim()}`.trim();
}

async function asking<T>(what: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw awsTrouble(what, error);
  }
}
