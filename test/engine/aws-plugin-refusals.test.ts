import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { recordingFolders } from '../../scripts/tools/toolchain/plugins.ts';
import { recordingProject, type RecordingProject } from '../support/recording-project.ts';

/** What the recording plugin for AWS refuses, and secrets. */

let all: RecordingProject;
beforeAll(async () => {
  all = await recordingProject();
});
afterAll(() => all.project.remove());

const provider = `const provider = new aws.Provider('aws', { region: 'us-east-1' });
const o = { provider };
`;

describe('inputs', () => {
  it('what AWS would not take fails the preview, with the reason', async () => {
    // The SDK itself drops an argument that it does not know; it passes on what lies deeper.
    expect(
      await all.failing(
        `${provider} new aws.ec2.Instance('one', { rootBlockDevice: { volumeSiz: 3 } as never }, o);`,
        'preview',
      ),
    ).toContain(
      'rootBlockDevice of aws:ec2/instance:Instance has no "volumeSiz" (given: 3); it has: deleteOnTermination,',
    );
  });
});

describe('names that are given', () => {
  it('what replaces such a resource comes after it is gone', async () => {
    const queue = (isFifo: boolean) =>
      `${provider} new aws.sqs.Queue('one', { name: 'events', fifoQueue: ${isFifo} }, o);`;
    await all.up(queue(false));
    const output = await all.up(queue(true));
    expect(output.indexOf('one deleted')).toBeGreaterThan(0);
    expect(output.indexOf('one deleted')).toBeLessThan(output.lastIndexOf('one creat'));
  });
});

describe('secrets', () => {
  const cluster = (
    password: string,
  ) => `${provider} const one = new aws.rds.Cluster('one', { engine: 'aurora-postgresql', skipFinalSnapshot: true,
    masterUsername: 'admin', masterPassword: pulumi.secret('${password}') }, o);
    export const password = one.masterPassword;`;

  it('are in neither the state nor the records, and a refresh keeps them', async () => {
    await all.up(cluster('hidden-word'));
    const { exitCode, output } = await all.project.pulumi(
      'refresh',
      '--yes',
      '--skip-preview',
      '--expect-no-changes',
    );
    expect(exitCode, output).toBe(0);
    expect((await all.project.pulumi('stack', 'export')).output).not.toContain('hidden-word');
    expect(JSON.stringify(await all.recorded())).not.toContain('hidden-word');
    expect(await all.project.outputs()).toEqual({ password: 'hidden-word' });
    expect(await all.preview(cluster('hidden-word'), '--expect-no-changes')).toEqual([]);
    expect((await all.preview(cluster('other'))).map(({ op, diff }) => [op, diff])).toEqual([
      ['update', ['masterPassword']],
    ]);
  });
});

describe('backends', () => {
  it.each([
    ['https://api.pulumi.com', 'this is https://api.pulumi.com'],
    ['s3://state', 'this is s3://state'],
    ['', 'PULUMI_BACKEND_URL is not set'],
  ])('%s is refused', async (backend, reason) => {
    for (const folder of recordingFolders) {
      const plugin = path.join(folder, `pulumi-resource-${path.basename(path.dirname(folder))}`);
      const { exitCode, stderr } = await execa(plugin, [], {
        env: { PULUMI_BACKEND_URL: backend },
        reject: false,
      });
      expect([exitCode, stderr]).toEqual([1, expect.stringContaining(reason)]);
    }
  });
});
