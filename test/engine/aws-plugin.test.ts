import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { recordingProject, type RecordingProject } from '../support/recording-project.ts';

/** The recording plugin for AWS, driven by the real engine: the life of resources, from nothing to nothing. */

let all: RecordingProject;
beforeAll(async () => {
  all = await recordingProject();
});
afterAll(() => all.project.remove());

const provider = `const provider = new aws.Provider('aws', { region: 'us-east-1', allowedAccountIds: ['111122223333'],
  defaultTags: { tags: { system: 'storage', owner: 'infra' } } });
const o = { provider };
`;

type Parts = { cidr?: string; owner?: string; size?: number; rotation?: boolean; more?: string };

function program({ cidr = '10.0.1.0/24', owner = 'us', size = 30, rotation = true, more = '' }: Parts = {}) {
  return `${provider}
const vpc = new aws.ec2.Vpc('main', { cidrBlock: '10.0.0.0/16', tags: { Name: 'main', owner: '${owner}' } }, o);
const subnet = new aws.ec2.Subnet('a', { vpcId: vpc.id, cidrBlock: '${cidr}' }, o);
const template = new aws.ec2.LaunchTemplate('nodes', { blockDeviceMappings: [{ deviceName: '/dev/xvda', ebs: { volumeSize: ${size} } }] }, o);
const role = new aws.iam.Role('nodes', { assumeRolePolicy: JSON.stringify({ Version: '2012-10-17', Statement: [] }) }, o);
const cluster = new aws.eks.Cluster('eks', { roleArn: role.arn, vpcConfig: { subnetIds: [subnet.id] } }, o);
const group = new aws.eks.NodeGroup('group', { clusterName: cluster.name, nodeRoleArn: role.arn, subnetIds: [subnet.id],
  scalingConfig: { minSize: 1, maxSize: 2, desiredSize: 1 }, launchTemplate: { id: template.id, version: pulumi.interpolate\`\${template.latestVersion}\` } }, o);
const key = new aws.kms.Key('key', { enableKeyRotation: ${rotation} }, o);
const queue = new aws.sqs.Queue('events', { kmsMasterKeyId: key.arn }, o);
const certificate = new aws.acm.Certificate('names', { domainName: 'a.example.com', subjectAlternativeNames: ['*.a.example.com', 'b.example.com'], validationMethod: 'DNS' }, o);
const distribution = new aws.cloudfront.Distribution('cdn', { enabled: true, origins: [{ originId: 'one', domainName: 'one.example.com' }],
  restrictions: { geoRestriction: { restrictionType: 'none' } }, viewerCertificate: { cloudfrontDefaultCertificate: true },
  defaultCacheBehavior: { targetOriginId: 'one', viewerProtocolPolicy: 'https-only', allowedMethods: ['GET', 'HEAD'], cachedMethods: ['GET', 'HEAD'] } }, o);
const here = { zones: aws.getAvailabilityZonesOutput({}, { provider }).names, account: aws.getCallerIdentityOutput({}, { provider }).accountId };
export const out = { here, vpc: vpc.arn, subnet: subnet.id, version: template.latestVersion,
  role: role.name, roleId: role.uniqueId,
  endpoint: cluster.endpoint,
  scaling: group.resources[0].autoscalingGroups[0].name, queue: [queue.arn, queue.url], tags: vpc.tagsAll,
  records: certificate.domainValidationOptions, domain: distribution.domainName };
${more}`;
}

describe('the life of resources', () => {
  let first: Record<string, unknown>;

  it('a preview makes nothing, and what AWS alone can tell is not known', async () => {
    const changes = await all.preview(
      program({ more: 'export const planned = [subnet.availabilityZone, role.name, vpc.tagsAll];' }),
    );
    expect(changes.map(({ op }) => op)).toEqual(Array.from({ length: 12 }, () => 'create'));
    expect(await all.recorded()).toEqual([]);
    const { output } = await all.project.pulumi('preview', '--diff');
    expect(output).toMatch(/cidrBlock: "10\.0\.1\.0\/24"/);
    expect(output).toMatch(/vpcId\s*: \[unknown\]/);
    expect(output).toMatch(/endpoint\s*: \[unknown\]/);
  });

  it('answers in the shape of AWS', async () => {
    await all.up(program());
    first = (await all.project.outputs())['out'] as Record<string, unknown>;
    const { records, ...others } = first as { records: Record<string, string>[] };
    expect(others).toEqual({
      here: { zones: ['us-east-1a', 'us-east-1b', 'us-east-1c', 'us-east-1d'], account: '111122223333' },
      vpc: expect.stringMatching(/^arn:aws:ec2:us-east-1:111122223333:vpc\/vpc-0[0-9a-f]{16}$/) as string,
      subnet: expect.stringMatching(/^subnet-0[0-9a-f]{16}$/) as string,
      version: 1,
      role: expect.stringMatching(/^nodes-[0-9a-f]{7}$/) as string,
      roleId: expect.stringMatching(/^AROA[0-9A-Z]{17}$/) as string,
      endpoint: expect.stringMatching(
        /^https:\/\/[0-9a-f]{32}\.gr7\.us-east-1\.eks\.amazonaws\.com$/,
      ) as string,
      scaling: expect.stringMatching(/^eks-group-[0-9a-f]{7}-[0-9a-f]{32}$/) as string,
      queue: [
        expect.stringMatching(/^arn:aws:sqs:us-east-1:111122223333:events-[0-9a-f]{7}$/),
        expect.stringMatching(/^https:\/\/sqs\.us-east-1\.amazonaws\.com\/111122223333\/events-[0-9a-f]{7}$/),
      ] as string[],
      tags: { Name: 'main', owner: 'us', system: 'storage' },
      domain: expect.stringMatching(/^[0-9a-f]{12}\.us-east-1\.amazonaws\.com$/) as string,
    });
    expect(records.map(({ domainName }) => domainName)).toEqual([
      'a.example.com',
      '*.a.example.com',
      'b.example.com',
    ]);
    expect(records[0]?.['resourceRecordName']).toBe(records[1]?.['resourceRecordName']);
    expect(await all.recorded()).toHaveLength(11 - 1);
  });

  it('a second preview is empty, with a refresh too', async () => {
    expect(await all.preview(program(), '--expect-no-changes')).toEqual([]);
    expect((await all.preview(program(), '--refresh')).filter(({ op }) => op !== 'refresh')).toEqual([]);
  });

  it('the same program answers the same in another place', async () => {
    const other = await recordingProject();
    try {
      await other.up(program());
      expect((await other.project.outputs())['out']).toEqual(first);
    } finally {
      await other.project.remove();
    }
  });

  it('changes in place what AWS changes in place, and tells what follows from it', async () => {
    const changes = await all.preview(program({ owner: 'them', size: 40 }));
    expect(changes.map(({ name, op, diff }) => [name, op, diff])).toEqual([
      ['nodes', 'update', ['blockDeviceMappings[0].ebs.volumeSize']],
      ['main', 'update', ['tags.owner', 'tagsAll.owner']],
      ['group', 'update', ['launchTemplate.version']],
    ]);
    await all.up(program({ owner: 'them', size: 40 }));
    const out = (await all.project.outputs())['out'] as Record<string, unknown>;
    expect(out).toEqual({ ...first, version: 2, tags: { Name: 'main', owner: 'them', system: 'storage' } });
  });

  it('replaces on what AWS cannot change, and what hangs on it', async () => {
    const changes = await all.preview(program({ owner: 'them', size: 40, cidr: '10.0.2.0/24' }));
    expect(changes.map(({ name, op, replaces }) => [name, op, replaces])).toEqual([
      ['a', 'replace', ['cidrBlock']],
      ['eks', 'update', []],
      ['group', 'replace', ['subnetIds[0]']],
    ]);
    await all.up(program({ owner: 'them', size: 40, cidr: '10.0.2.0/24' }));
    const out = (await all.project.outputs())['out'] as Record<string, string>;
    expect(out['subnet']).toMatch(/^subnet-0[0-9a-f]{16}$/);
    expect(out['subnet']).not.toBe(first['subnet']);
    // The generated name of what was made again is another, so that both could exist side by side.
    expect(out['scaling']).not.toBe(first['scaling']);
    expect(await all.recorded()).toHaveLength(10);
  });

  it('finds what somebody changed, and what somebody deleted', async () => {
    const now = program({ owner: 'them', size: 40, cidr: '10.0.2.0/24' });
    await all.tamper('main', (live) => {
      live['tags'] = { Name: 'other' };
      live['tagsAll'] = { Name: 'other' };
    });
    await all.tamper('key', (live) => {
      live['enableKeyRotation'] = false;
    });
    await all.tamper('events', () => null);
    expect(await all.preview(now), 'without a refresh nothing is looked at').toEqual([]);
    const drift = (await all.preview(now, '--refresh')).filter(({ op }) => op !== 'refresh');
    expect(drift.map(({ name, op, diff }) => [name, op, diff])).toEqual([
      ['main', 'update', ['tags.Name', 'tags.owner', 'tagsAll.Name', 'tagsAll.owner', 'tagsAll.system']],
      ['key', 'update', ['enableKeyRotation']],
      ['events', 'create', []],
    ]);
    const { exitCode, output } = await all.project.pulumi('refresh', '--preview-only', '--expect-no-changes');
    expect(exitCode, output).not.toBe(0);
    await all.up(now, '--refresh');
    expect((await all.recorded()).find(({ urn }) => urn.endsWith('::key'))?.properties).toMatchObject({
      enableKeyRotation: true,
    });
    expect((await all.preview(now, '--refresh')).filter(({ op }) => op !== 'refresh')).toEqual([]);
  });

  it('destroy leaves nothing', async () => {
    const { exitCode, output } = await all.project.pulumi('destroy', '--yes', '--skip-preview');
    expect(exitCode, output).toBe(0);
    expect(await all.recorded()).toEqual([]);
  });
});

describe('instances', () => {
  const instance = (args: string) => `${provider}
    new aws.ec2.Instance('node', { instanceType: 'i4i.4xlarge', ${args} }, o);`;

  it('other user data stops and starts an instance, and says so', async () => {
    await all.up(instance(`ami: 'ami-1', userData: 'one'`));
    const before = (await all.recorded())[0];
    expect(await all.up(instance(`ami: 'ami-1', userData: 'two'`))).toMatch(
      /changing userData stops and starts i-0[0-9a-f]{16}: what is on its instance store is lost/,
    );
    expect((await all.recorded())[0]?.id).toBe(before?.id);
    expect(
      (await all.preview(instance(`ami: 'ami-1', userData: 'three', userDataReplaceOnChange: true`))).map(
        ({ op, replaces }) => [op, replaces],
      ),
    ).toEqual([['replace', ['userData']]]);
    expect(
      (await all.preview(instance(`ami: 'ami-2', userData: 'two'`))).map(({ op, replaces }) => [
        op,
        replaces,
      ]),
    ).toEqual([['replace', ['ami']]]);
  });
});
