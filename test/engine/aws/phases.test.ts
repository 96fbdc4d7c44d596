import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Phase } from '../../../scripts/contract/phases.ts';
import { HOLDS_STATE } from '../../../infra/policy/rules/protected-state.ts';
import type { StepRequest } from '../../../scripts/contract/step-protocol.ts';
import { RECORDS_FOLDER_VARIABLE, type Recorded } from '../../../scripts/tools/stand-ins/records.ts';
import { succeed } from '../../support/aws-answers.ts';
import type { AwsStack } from '../../support/aws-stack.ts';
import { linesOf } from '../../support/changes.ts';
import type { Change } from '../../support/recording-project.ts';
import { standingStack } from '../../support/standing-stack.ts';

/**
 * What a reviewer sees in the preview of every step of the move, and what an update does when the ledger lets
 * it in or refuses. One stack goes from phase to phase, in the order of the tests; a rollback has a copy.
 */
const MINUTES = 60_000;

let stack: AwsStack;
/** What phases change, as it stood in copy. */
let inCopy: string;
beforeAll(async () => {
  stack = await standingStack('prod');
});
afterAll(() => stack.remove());

describe('from prepare to done', { timeout: 10 * MINUTES }, () => {
  refusesToBeDestroyedIn('prepare');

  test('prepare → copy: replay begins', async () => {
    expect(await reviewed(stack, 'copy')).toMatchInlineSnapshot(`
      "update phase-gate-enter: environment.MIGRATE_PHASE
      update phase-settle-run: environment.MIGRATE_PHASE
      update storage-capture-images-canary: treatMissingData
      update storage-capture-metadata-canary: treatMissingData
      update storage-workers-replay: spec.replicas"
    `);
    await entered(stack, 'copy');
    inCopy = movable(stack);
  });

  refusesToBeDestroyedIn('copy');

  test('a gate that refuses leaves all that a phase changes', async () => {
    await refused(stack, 'cutover', 'replay is 31.0 s behind (1204 operations); it must be under 10 s');
  });

  test('copy → cutover: the order of origins and the parameter, and no storage', async () => {
    expect(await reviewed(stack, 'cutover')).toMatchInlineSnapshot(`
      "update phase-gate-enter: environment.MIGRATE_PHASE
      update phase-settle-run: environment.APPLICATIONS_PARAMETER, environment.MIGRATE_PHASE, environment.NGINX_ORIGIN
      update storage-cdn-images-distribution: orderedCacheBehaviors.targetOriginId, originGroups, origins"
    `);
    await entered(stack, 'cutover');
  });

  refusesToBeDestroyedIn('cutover');

  test('cutover → copy is refused where Ceph holds a write of its own', async () => {
    await refused(stack, 'copy', 'Ceph holds 3 writes that S3 does not have; going back would lose them');
  });

  test('cutover → copy: all as it was', async () => {
    await rolledBack(async (copy) => {
      expect(await reviewed(copy, 'copy')).toMatchInlineSnapshot(`
        "update phase-gate-enter: environment.MIGRATE_PHASE
        update phase-settle-run: environment.APPLICATIONS_PARAMETER, environment.MIGRATE_PHASE, environment.NGINX_ORIGIN
        update storage-cdn-images-distribution: orderedCacheBehaviors.targetOriginId, originGroups, origins"
      `);
    });
  });

  test('cutover → retain: nothing but the record', async () => {
    expect(await reviewed(stack, 'retain')).toMatchInlineSnapshot(`
      "update phase-gate-enter: environment.MIGRATE_PHASE
      update phase-settle-run: environment.MIGRATE_PHASE"
    `);
    await entered(stack, 'retain');
  });

  refusesToBeDestroyedIn('retain');

  test('retain → copy: all as it was', async () => {
    await rolledBack(async (copy) => {
      expect(await reviewed(copy, 'copy')).toMatchInlineSnapshot(`
        "update phase-gate-enter: environment.MIGRATE_PHASE
        update phase-settle-run: environment.APPLICATIONS_PARAMETER, environment.MIGRATE_PHASE, environment.NGINX_ORIGIN
        update storage-cdn-images-distribution: orderedCacheBehaviors.targetOriginId, originGroups, origins"
      `);
    });
  });

  test('a phase that the move is not next to leaves all as it is', async () => {
    await refused(stack, 'done', 'retire would be skipped, and with it what must be proven before done.');
  });

  test('retain → retire: replay ends', async () => {
    expect(await reviewed(stack, 'retire')).toMatchInlineSnapshot(`
      "update phase-gate-enter: environment.MIGRATE_PHASE
      update phase-settle-run: environment.MIGRATE_PHASE, environment.NGINX_ORIGIN
      update storage-capture-images-canary: treatMissingData
      update storage-capture-metadata-canary: treatMissingData
      update storage-workers-replay: spec.replicas"
    `);
    await entered(stack, 'retire');
  });

  refusesToBeDestroyedIn('retire');

  test('retire → done: no worker of the move is left', async () => {
    expect(await reviewed(stack, 'done')).toMatchInlineSnapshot(`
      "update phase-gate-enter: environment.MIGRATE_PHASE
      update phase-settle-run: environment.MIGRATE_PHASE
      update storage-workers-heartbeat: spec.replicas
      update storage-workers-hold-watch: spec.replicas
      update storage-workers-pending: spec.replicas"
    `);
    await entered(stack, 'done');
  });

  refusesToBeDestroyedIn('done');

  test('a destroy that leaves out what is protected takes nothing either', () =>
    onCopy(async (copy) => {
      const before = await copy.recorded();
      const { exitCode, output } = await copy.pulumi(
        ...['destroy', '--yes', '--skip-preview', '--exclude-protected'],
      );
      expect(exitCode, output).toBe(0);
      expect(await copy.recorded()).toEqual(before);
    }));
});

function refusesToBeDestroyedIn(phase: Phase): void {
  test(`in the phase ${phase} prod refuses to be destroyed: nothing goes, no step runs`, () =>
    onCopy(async (copy) => {
      expect((await copy.outputs())['phase']).toBe(phase);
      const before = await copy.recorded();
      // After a preview that fails the engine stops. Without one it carries out what it may.
      const { exitCode, output } = await copy.pulumi('destroy', '--yes', '--skip-preview');
      expect(exitCode, output).not.toBe(0);
      expect(output).toMatch(/phase-settle-run"? cannot be deleted\s+because it is protected/);
      expect(await copy.recorded()).toEqual(before);
      expect(copy.calls).toEqual([]);
    }));
}

/** Such a destroy forgets components that hold nothing: the stack itself goes on without it. */
async function onCopy(work: (copy: AwsStack) => Promise<void>): Promise<void> {
  const copy = await stack.fork();
  try {
    await work(copy);
  } finally {
    await copy.remove();
  }
}

/**
 * The changes that a preview of this phase shows, a line each. Whatever the phase: nothing is made, replaced
 * or taken away, and nothing that holds state is touched.
 */
async function reviewed(on: AwsStack, phase: Phase): Promise<string> {
  await on.setConfig('phase', phase);
  const changes = await on.preview();
  expect(changes.filter(({ op }) => op !== 'update')).toEqual([]);
  expect(changes.filter(isOfStorage)).toEqual([]);
  return linesOf(changes).join('\n');
}

/** What bytes lie on or go through; of a group of nodes, all but how many there are. */
const STORAGE = [
  ...HOLDS_STATE,
  'aws:autoscaling/group:Group',
  'aws:ec2/launchTemplate:LaunchTemplate',
  'aws:ec2/volumeAttachment:VolumeAttachment',
  'aws:eks/cluster:Cluster',
  'aws:eks/nodeGroup:NodeGroup',
  'kubernetes:apps/v1:StatefulSet',
  'kubernetes:core/v1:PersistentVolumeClaim',
];

function isOfStorage({ type, diff }: Change): boolean {
  if (type === 'aws:eks/nodeGroup:NodeGroup')
    return diff.some((name) => name !== 'scalingConfig.desiredSize');
  return STORAGE.includes(type) || type.startsWith('aws:s3/') || type.startsWith('aws:rds/');
}

/** Runs the update: the gate is asked before all that the phase changes, and settle after it. */
async function entered(on: AwsStack, phase: Phase): Promise<void> {
  const before = movable(on);
  const seen: { request: StepRequest; standing: string }[] = [];
  on.steps((request) => {
    seen.push({ request, standing: movable(on) });
    return succeed(request);
  });
  await on.up();
  expect(seen).toEqual([
    { request: { action: 'enter', phase }, standing: before },
    { request: { action: 'settle', phase }, standing: movable(on) },
  ]);
  expect((await on.outputs())['phase']).toBe(phase);
}

/** Runs an update that the gate refuses: it says why, and changes nothing. */
async function refused(on: AwsStack, phase: Phase, why: string): Promise<void> {
  const [recorded, { phase: here }] = await Promise.all([on.recorded(), on.outputs()]);
  const requests: StepRequest[] = [];
  on.steps((request) => {
    requests.push(request);
    return { exitCode: 1, output: '', lines: [`Refused; nothing was changed. ${why}`] };
  });
  await on.setConfig('phase', phase);
  const { exitCode, output } = await on.pulumi('up', '--yes', '--skip-preview');
  expect(exitCode).not.toBe(0);
  expect(output).toContain(why);
  expect(requests).toEqual([{ action: 'enter', phase }]);
  expect(await on.recorded()).toEqual(recorded);
  expect((await on.outputs())['phase']).toBe(here);
}

/** Goes back to copy with a copy of the stack, and has then what stood there. */
function rolledBack(review: (copy: AwsStack) => Promise<void>): Promise<void> {
  return onCopy(async (copy) => {
    await review(copy);
    await entered(copy, 'copy');
    expect(movable(copy)).toBe(inCopy);
  });
}

/** The inputs of what phases change, as they are at this moment. */
function movable(on: AwsStack): string {
  const folder = path.join(on.env[RECORDS_FOLDER_VARIABLE] ?? '', 'prod');
  const types = ['aws_cloudfront_distribution_Distribution', 'kubernetes_apps_v1_Deployment'];
  const files = types.flatMap((type) => {
    const names = readdirSync(path.join(folder, type)).sort();
    return names.map((name) => readFileSync(path.join(folder, type, name), 'utf8'));
  });
  return JSON.stringify(files.map((text) => (JSON.parse(text) as Recorded).inputs));
}
