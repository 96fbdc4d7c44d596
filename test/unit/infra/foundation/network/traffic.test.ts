import * as pulumi from '@pulumi/pulumi';
import { describe, expect, it } from 'vitest';
import {
  allowFromAddresses,
  allowToEndpoints,
  allowToInternet,
  allowToS3,
  allowTraffic,
  partSecurityGroup,
  type TrafficArgs,
} from '../../../../../infra/foundation/network/traffic.ts';
import { record } from '../../../../support/recorded.ts';
import { OUTPUTS, refusalOf } from '../support.ts';

const IN = 'aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule';
const OUT = 'aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule';
const cache = { name: 'the cache tier', group: 'sg-cache' };
const gateway = { name: 'RGW', group: 'sg-gateway' };
const why = 'reads and writes of clients';

describe('traffic', () => {
  it('is a rule out of the one and a rule into the other, by their groups', async () => {
    const { all } = await record(
      () => allowTraffic('reads', { from: cache, to: gateway, ports: 443, why }),
      OUTPUTS,
    );
    expect(all(OUT)).toEqual({
      'reads-out': {
        securityGroupId: 'sg-cache',
        referencedSecurityGroupId: 'sg-gateway',
        ipProtocol: 'tcp',
        fromPort: 443,
        toPort: 443,
        description: 'to RGW: reads and writes of clients',
      },
    });
    expect(all(IN)).toEqual({
      'reads-in': {
        securityGroupId: 'sg-gateway',
        referencedSecurityGroupId: 'sg-cache',
        ipProtocol: 'tcp',
        fromPort: 443,
        toPort: 443,
        description: 'from the cache tier: reads and writes of clients',
      },
    });
  });

  it('may be a range of ports of UDP', async () => {
    const { find } = await record(
      () =>
        allowTraffic('dns', {
          from: cache,
          to: cache,
          ports: { from: 53, to: 54 },
          protocol: 'udp',
          why: 'names',
        }),
      OUTPUTS,
    );
    expect(find(IN, 'dns-in').inputs).toMatchObject({ ipProtocol: 'udp', fromPort: 53, toPort: 54 });
  });

  it('reaches S3 by its prefix list, and AWS by endpoints where there are any', async () => {
    const { all } = await record(() => {
      allowToS3('objects', { from: cache, network: { s3PrefixListId: pulumi.output('pl-1') }, why });
      const endpointsSecurityGroupId = pulumi.output('sg-endpoints');
      allowToEndpoints('secrets', { from: cache, network: { endpointsSecurityGroupId }, why });
      allowToEndpoints('without', { from: cache, network: {}, why });
    }, OUTPUTS);
    const tls = { ipProtocol: 'tcp', fromPort: 443, toPort: 443 };
    expect(all(OUT)).toEqual({
      'objects-out': {
        securityGroupId: 'sg-cache',
        prefixListId: 'pl-1',
        ...tls,
        description: 'to S3: reads and writes of clients',
      },
      'secrets-out': {
        securityGroupId: 'sg-cache',
        referencedSecurityGroupId: 'sg-endpoints',
        ...tls,
        description: 'to AWS endpoints: reads and writes of clients',
      },
      'without-out': { securityGroupId: 'sg-cache', cidrIpv4: '0.0.0.0/0', ...tls, description: why },
    });
    expect(Object.keys(all(IN))).toEqual(['secrets-in']);
  });

  it('to the internet lets nobody in', async () => {
    const { all } = await record(() => allowToInternet('images', { from: cache, why }), OUTPUTS);
    expect(all(IN)).toEqual({});
  });

  it('comes from networks that are named, one rule each', async () => {
    const { all } = await record(
      () =>
        allowFromAddresses('office', {
          addresses: ['10.0.0.0/8', '192.168.4.0/24'],
          to: gateway,
          ports: 443,
          why,
        }),
      OUTPUTS,
    );
    expect(Object.entries(all(IN)).map(([name, inputs]) => [name, inputs['cidrIpv4']])).toEqual([
      ['office-in-0', '10.0.0.0/8'],
      ['office-in-1', '192.168.4.0/24'],
    ]);
  });

  it('has a group without rules to begin with', async () => {
    const { all } = await record(
      () => partSecurityGroup('cache', { vpcId: 'vpc-1', description: 'The cache tier' }),
      OUTPUTS,
    );
    expect(all('aws:ec2/securityGroup:SecurityGroup')).toEqual({
      cache: {
        vpcId: 'vpc-1',
        description: 'The cache tier',
        revokeRulesOnDelete: true,
        tags: { Name: 'cache' },
      },
    });
  });

  const traffic = (args: Partial<TrafficArgs>) => () =>
    allowTraffic('x', { from: cache, to: gateway, ports: 443, why, ...args });
  it.each<[string, () => void, string]>([
    [
      'everybody',
      () => allowFromAddresses('x', { addresses: ['10.0.0.0/8', '0.0.0.0/0'], to: gateway, ports: 443, why }),
      'addresses[1] is 0.0.0.0/0, which is most of the internet; name the networks that must reach RGW',
    ],
    [
      'ports upside down',
      traffic({ ports: { from: 20, to: 10 } }),
      'ports are 20 to 10; must be 1 to 65535, the lower one first',
    ],
    ['no port', traffic({ ports: 0 }), 'ports are 0 to 0; must be 1 to 65535, the lower one first'],
    [
      'words that AWS refuses',
      traffic({ why: 'the client’s reads' }),
      'why is "to RGW: the client’s reads"; AWS takes up to 255 letters, digits, spaces and ._-:/()#,@[]+=&;{}!$* (no apostrophes)',
    ],
  ])('refuses %s', async (_, allow, message) => {
    const { value } = await record(() => refusalOf(allow), OUTPUTS);
    expect(value).toBe(message);
  });
});
