import { describe, expect, test } from 'vitest';
import {
  EDGE_KEEP_ALIVE_SECONDS,
  idleSeconds,
  nginxKeepAliveSeconds,
} from '../../../../infra/storage/cache-tier/idle-seconds.ts';
import {
  CacheTierLoadBalancer,
  type CacheTierLoadBalancerArgs,
} from '../../../../infra/storage/cache-tier/load-balancer.ts';
import { EventsEntrance, type EventsEntranceArgs } from '../../../../infra/storage/events/index.ts';
import { record } from '../../../support/recorded.ts';
import { alarmTopic, loadBalancerOutputs, network } from './support.ts';

const INGRESS = 'aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule';
const EGRESS = 'aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule';

describe('before the cache tier', () => {
  const run = (change: Partial<CacheTierLoadBalancerArgs> = {}) =>
    record(
      (options) =>
        new CacheTierLoadBalancer(
          'cache-tier',
          {
            network: network(),
            cacheTier: {
              nodePort: 30080,
              autoScalingGroupName: 'eks-cache',
              nodeSecurityGroupId: 'sg-nodes',
            },
            certificateArn: 'arn:certificate',
            name: { zoneId: 'ZOBJECTS', hostName: 'images.objects.food.example' },
            clientNetworks: ['10.20.0.0/16', '10.90.0.0/16'],
            requestSeconds: 60,
            drainSeconds: 45,
            accessLogs: { bucketName: network().logs },
            alarms: alarmTopic(options),
            protect: true,
            ...change,
          },
          options,
        ),
      { outputs: loadBalancerOutputs },
    );

  test('requests pass as they came, over TLS, in private', async () => {
    const recorded = await run();
    expect(recorded.find('aws:lb/loadBalancer:LoadBalancer', 'cache-tier-alb').inputs).toEqual({
      loadBalancerType: 'application',
      internal: true,
      subnets: ['subnet-private-a', 'subnet-private-b'],
      securityGroups: ['cache-tier-group-id'],
      enableDeletionProtection: true,
      idleTimeout: 60,
      dropInvalidHeaderFields: false,
      preserveHostHeader: true,
      desyncMitigationMode: 'defensive',
      xffHeaderProcessingMode: 'append',
      enableHttp2: true,
      accessLogs: { bucket: 'access-logs', prefix: 'cache-tier', enabled: true },
    });
    expect(Object.values(recorded.all('aws:lb/listener:Listener'))).toEqual([
      expect.objectContaining({
        port: 443,
        protocol: 'HTTPS',
        sslPolicy: 'ELBSecurityPolicy-TLS13-1-2-Res-2021-06',
        certificateArn: 'arn:certificate',
      }),
    ]);
  });

  test('a node serves as soon as its own Nginx answers', async () => {
    const recorded = await run();
    expect(recorded.find('aws:lb/targetGroup:TargetGroup', 'cache-tier-nginx').inputs).toMatchObject({
      targetType: 'instance',
      port: 30080,
      protocol: 'HTTP',
      deregistrationDelay: 45,
      healthCheck: { path: '/_origin', protocol: 'HTTP', matcher: '200' },
    });
    expect(recorded.find('aws:autoscaling/attachment:Attachment', 'cache-tier-nodes').inputs).toMatchObject({
      autoscalingGroupName: 'eks-cache',
    });
  });

  test('applications get in from their networks, and nothing gets out but to Nginx', async () => {
    const recorded = await run();
    const seen = (type: string) =>
      Object.values(recorded.all(type)).map((rule) => [
        rule['securityGroupId'],
        rule['cidrIpv4'] ?? rule['referencedSecurityGroupId'],
        rule['fromPort'],
        rule['toPort'],
      ]);
    expect(seen(INGRESS)).toEqual([
      ['cache-tier-group-id', '10.20.0.0/16', 443, 443],
      ['cache-tier-group-id', '10.90.0.0/16', 443, 443],
      ['sg-nodes', 'cache-tier-group-id', 30080, 30080],
    ]);
    expect(seen(EGRESS)).toEqual([['cache-tier-group-id', 'sg-nodes', 30080, 30080]]);
  });

  test('its name leads to it, with a bucket before it as well', async () => {
    const recorded = await run();
    expect(
      Object.values(recorded.all('aws:route53/record:Record')).map(({ name, zoneId, aliases }) => ({
        name,
        zoneId,
        aliases,
      })),
    ).toEqual(
      ['*.images.objects.food.example', 'images.objects.food.example'].map((name) => ({
        name,
        zoneId: 'ZOBJECTS',
        aliases: [{ name: 'cache-tier-alb.example', zoneId: 'ZELB', evaluateTargetHealth: false }],
      })),
    );
  });

  test('people hear when no node answers, and when its answers are errors', async () => {
    const recorded = await run();
    expect(
      Object.entries(recorded.all('aws:cloudwatch/metricAlarm:MetricAlarm')).map(([name, given]) => [
        name,
        given['metricName'],
        given['comparisonOperator'],
        given['threshold'],
        given['treatMissingData'],
      ]),
    ).toEqual([
      ['cache-tier-errors', 'HTTPCode_Target_5XX_Count', 'GreaterThanThreshold', 50, 'notBreaching'],
      ['cache-tier-no-healthy-node', 'HealthyHostCount', 'LessThanThreshold', 1, 'breaching'],
    ]);
  });

  test('nobody’s and everybody’s networks are refused', async () => {
    await expect(run({ clientNetworks: [] })).rejects.toThrow(
      'Name the blocks of addresses from which they come, for example ["10.20.0.0/16"].',
    );
    await expect(run({ clientNetworks: ['0.0.0.0/0'] })).rejects.toThrow(
      'is 0.0.0.0/0, which is most of the internet',
    );
  });
});

test.each([10, 60, 90, 300])(
  'who is nearer to the client lets go of an idle connection first: a request may take %i s',
  (requestSeconds) => {
    expect(idleSeconds(requestSeconds)).toBeGreaterThanOrEqual(requestSeconds);
    expect(EDGE_KEEP_ALIVE_SECONDS).toBeLessThan(idleSeconds(requestSeconds));
    expect(idleSeconds(requestSeconds)).toBeLessThan(nginxKeepAliveSeconds(requestSeconds));
  },
);

describe('before the receivers of Ceph’s notifications', () => {
  const run = (change: Partial<EventsEntranceArgs> = {}) =>
    record(
      (options) =>
        new EventsEntrance(
          'events',
          {
            network: network(),
            receivers: { autoScalingGroupNames: ['eks-system'], nodeSecurityGroupId: 'sg-nodes' },
            senders: [
              { name: 'images', group: 'sg-images' },
              { name: 'metadata', group: 'sg-metadata' },
            ],
            certificateArn: 'arn:certificate',
            name: { zoneId: 'ZOBJECTS', hostName: 'events.objects.food.example' },
            accessLogs: { bucketName: network().logs },
            alarms: alarmTopic(options),
            protect: false,
            ...change,
          },
          options,
        ),
      { outputs: loadBalancerOutputs },
    );

  test('the clusters push over TLS to the nodes’ port', async () => {
    const recorded = await run();
    expect(recorded.value.pushEndpoint).toBe('https://events.objects.food.example/events');
    expect(recorded.find('aws:lb/loadBalancer:LoadBalancer', 'events-nlb').inputs).toEqual({
      loadBalancerType: 'network',
      internal: true,
      subnets: ['subnet-private-a', 'subnet-private-b'],
      securityGroups: ['events-group-id'],
      enableCrossZoneLoadBalancing: true,
      enableDeletionProtection: false,
      accessLogs: { bucket: 'access-logs', prefix: 'events', enabled: true },
    });
    expect(recorded.find('aws:lb/listener:Listener', 'events-tls').inputs).toMatchObject({
      port: 443,
      protocol: 'TLS',
      certificateArn: 'arn:certificate',
    });
    expect(recorded.find('aws:lb/targetGroup:TargetGroup', 'events-receivers').inputs).toMatchObject({
      port: 30090,
      protocol: 'TCP',
      preserveClientIp: 'false',
      healthCheck: { protocol: 'TCP' },
    });
  });

  test('only the clusters reach the load balancer, only it reaches the port', async () => {
    const recorded = await run();
    expect(
      Object.values(recorded.all(INGRESS)).map((rule) => [
        rule['securityGroupId'],
        rule['referencedSecurityGroupId'],
        rule['fromPort'],
      ]),
    ).toEqual([
      ['events-group-id', 'sg-images', 443],
      ['events-group-id', 'sg-metadata', 443],
      ['sg-nodes', 'events-group-id', 30090],
    ]);
  });

  test('an entrance that leads nowhere is refused', async () => {
    await expect(run({ senders: [] })).rejects.toThrow('so nothing would ever arrive');
  });
});
