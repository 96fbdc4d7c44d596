import { describe, expect, test } from 'vitest';
import { PHASES, type Phase } from '../../../../scripts/contract/phases.ts';
import { storageNames } from '../../../../infra/storage/applications/index.ts';
import { Cdn, type CdnArgs } from '../../../../infra/storage/cdn/index.ts';
import { originsOf } from '../../../../infra/storage/cdn/origins.ts';
import { record } from '../../../support/recorded.ts';
import { alarmTopic, encryptionKey, network } from './support.ts';

const DISTRIBUTION = 'aws:cloudfront/distribution:Distribution';
const names = storageNames({ images: 'images.food.example', objects: 'objects.food.example' });
const bucket = (name: string, source: string, target = source) => ({
  name,
  source,
  target,
  s3HostName: `${source}.s3.eu-central-1.amazonaws.com`,
});

function outputs({ type, name }: { type: string; name: string }): Record<string, unknown> {
  return type === DISTRIBUTION
    ? { domainName: `${name}.cloudfront.net`, hostedZoneId: 'Z2FDTNDATAQYW2' }
    : {};
}
const run = (change: Partial<CdnArgs> = {}) =>
  record(
    (options) =>
      new Cdn(
        'cdn',
        {
          environment: 'prod',
          phase: 'copy',
          names,
          zoneId: 'ZPUBLIC',
          certificateArn: 'arn:edge-certificate',
          vpcId: 'vpc-1',
          loadBalancer: { arn: 'arn:alb', securityGroupId: 'sg-alb' },
          buckets: [bucket('images', 'food-co-images'), bucket('menus', 'food-co-menus')],
          requestSeconds: 60,
          accessLogs: { bucketName: network().logs },
          logDays: 365,
          edge: { alarms: alarmTopic(options), logKey: encryptionKey('logs') },
          ...change,
        },
        options,
      ),
    { outputs, call: (_token, inputs) => ({ ...inputs, id: 'sg-cloudfront' }) },
  );
const distribution = async (which: 'images' | 'signed', change: Partial<CdnArgs> = {}) =>
  (await run(change)).find(DISTRIBUTION, `cdn-${which}-distribution`).inputs;

describe('the cached host', () => {
  test('is this distribution, to the last setting', async () => {
    const nginx = (originId: string, originPath?: string) => ({
      originId,
      domainName: 'images.objects.food.example',
      ...(originPath === undefined ? {} : { originPath }),
      connectionAttempts: 2,
      connectionTimeout: 5,
      vpcOriginConfig: {
        vpcOriginId: 'cdn-origin-vpc-origin-id',
        originReadTimeout: 60,
        originKeepaliveTimeout: 30,
      },
    });
    const s3 = (originId: string, domainName: string) => ({
      originId,
      domainName,
      originAccessControlId: 'cdn-images-s3-access-id',
    });
    const behaviour = (targetOriginId: string, label: string) => ({
      targetOriginId,
      viewerProtocolPolicy: 'redirect-to-https',
      allowedMethods: ['GET', 'HEAD', 'OPTIONS'],
      cachedMethods: ['GET', 'HEAD'],
      cachePolicyId: 'cdn-images-cache-id',
      responseHeadersPolicyId: 'cdn-headers-id',
      compress: false,
      functionAssociations: [
        {
          eventType: 'viewer-request',
          functionArn: `arn:aws:cloudfront/function:us-east-1:111122223333:cdn-images-${label}`,
        },
      ],
    });
    const group = (name: string) => ({
      originId: `nginx-then-s3-${name}`,
      failoverCriteria: { statusCodes: [500, 502, 503, 504] },
      members: [{ originId: `nginx-${name}` }, { originId: `s3-${name}` }],
    });
    expect(await distribution('images')).toEqual({
      enabled: true,
      isIpv6Enabled: true,
      httpVersion: 'http2and3',
      webAclId: 'arn:aws:wafv2/webAcl:us-east-1:111122223333:cdn-firewall-acl',
      restrictions: { geoRestriction: { restrictionType: 'none', locations: [] } },
      viewerCertificate: {
        acmCertificateArn: 'arn:edge-certificate',
        sslSupportMethod: 'sni-only',
        minimumProtocolVersion: 'TLSv1.2_2021',
      },
      customErrorResponses: [403, 404, 500, 502, 503, 504].map((errorCode) => ({
        errorCode,
        errorCachingMinTtl: 1,
      })),
      comment: 'Images that anyone may read',
      aliases: ['images.food.example'],
      origins: [
        nginx('nginx'),
        nginx('nginx-images', '/food-co-images'),
        s3('s3-images', 'food-co-images.s3.eu-central-1.amazonaws.com'),
        nginx('nginx-menus', '/food-co-menus'),
        s3('s3-menus', 'food-co-menus.s3.eu-central-1.amazonaws.com'),
      ],
      originGroups: [group('images'), group('menus')],
      defaultCacheBehavior: behaviour('nginx', 'nothing'),
      orderedCacheBehaviors: [
        { ...behaviour('nginx-then-s3-images', 'read-images'), pathPattern: '/food-co-images/*' },
        { ...behaviour('nginx-then-s3-menus', 'read-menus'), pathPattern: '/food-co-menus/*' },
      ],
    });
  });

  test.each(PHASES)('CloudFront fails over to S3 in %s only while S3 is the store', async (phase: Phase) => {
    const inputs = await distribution('images', { phase });
    const ids = (list: unknown) => (list as { originId: string }[]).map(({ originId }) => originId);
    const behaviours = inputs['orderedCacheBehaviors'] as { targetOriginId: string }[];
    const isS3 = phase === 'prepare' || phase === 'copy';
    expect(ids(inputs['origins']).filter((id) => id.startsWith('s3-'))).toEqual(
      isS3 ? ['s3-images', 's3-menus'] : [],
    );
    expect(ids(inputs['originGroups'])).toHaveLength(isS3 ? 2 : 0);
    expect(behaviours.map(({ targetOriginId }) => targetOriginId)).toEqual(
      isS3 ? ['nginx-then-s3-images', 'nginx-then-s3-menus'] : ['nginx-images', 'nginx-menus'],
    );
  });

  test('nothing but the origins differs between the phases', async () => {
    const changed = new Set<string>();
    const before = (await run({ phase: 'copy' })).resources;
    const after = (await run({ phase: 'cutover' })).resources;
    expect(after.map(({ name }) => name).sort()).toEqual(before.map(({ name }) => name).sort());
    for (const { type, name, inputs } of before) {
      const other = after.find((resource) => resource.type === type && resource.name === name)?.inputs ?? {};
      for (const key of Object.keys({ ...inputs, ...other })) {
        if (JSON.stringify(inputs[key]) !== JSON.stringify(other[key])) changed.add(`${name}.${key}`);
      }
    }
    expect([...changed].sort()).toEqual([
      'cdn-images-distribution.orderedCacheBehaviors',
      'cdn-images-distribution.originGroups',
      'cdn-images-distribution.origins',
    ]);
  });

  test('keeps what the object allows, for a minute at most, by path, query, bucket and CORS', async () => {
    const recorded = await run();
    const policy = recorded.find('aws:cloudfront/cachePolicy:CachePolicy', 'cdn-images-cache').inputs;
    expect(policy).toEqual({
      comment: 'Anonymous reads of images',
      minTtl: 0,
      defaultTtl: 10,
      maxTtl: 60,
      parametersInCacheKeyAndForwardedToOrigin: {
        cookiesConfig: { cookieBehavior: 'none' },
        queryStringsConfig: { queryStringBehavior: 'all' },
        headersConfig: {
          headerBehavior: 'whitelist',
          headers: {
            items: [
              'Origin',
              'Access-Control-Request-Headers',
              'Access-Control-Request-Method',
              'x-images-bucket',
            ],
          },
        },
        enableAcceptEncodingBrotli: false,
        enableAcceptEncodingGzip: false,
      },
    });
  });

  test('a time that is none is refused', async () => {
    await expect(run({ edgeSeconds: { standard: 90, maximum: 60 } })).rejects.toThrow(
      'standard at most maximum, for example { standard: 10, maximum: 60 }.',
    );
  });

  test('an image has one address before and after the cutover: another name of the bucket is refused', async () => {
    await expect(run({ buckets: [bucket('images', 'old', 'new')] })).rejects.toThrow(
      '"images" is old on S3 and new on Ceph, but its images have one address for browsers, /old/KEY. ' +
        'Set the target of "images" to old.',
    );
  });
});

test('an origin of a bucket is never S3 alone, nor first', () => {
  for (const phase of PHASES) {
    const { targetId, failoverId, groupId } = originsOf(phase, { name: 'images' });
    expect(targetId).toBe(groupId ?? 'nginx-images');
    expect(failoverId === null).toBe(groupId === null);
  }
});

describe('the host for signatures', () => {
  test('stores nothing and hands everything on, to one origin', async () => {
    const inputs = await distribution('signed');
    expect(inputs['aliases']).toEqual(['signed.images.food.example', '*.signed.images.food.example']);
    expect(inputs['originGroups']).toBeUndefined();
    expect(inputs['orderedCacheBehaviors']).toBeUndefined();
    expect(inputs['origins']).toEqual([expect.objectContaining({ originId: 'nginx' })]);
    expect(inputs['defaultCacheBehavior']).toEqual({
      targetOriginId: 'nginx',
      viewerProtocolPolicy: 'https-only',
      allowedMethods: ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'],
      cachedMethods: ['GET', 'HEAD'],
      // Managed-CachingDisabled and Managed-AllViewer.
      cachePolicyId: '4135ea2d-6df8-44a3-9df3-4b5a84be39ad',
      originRequestPolicyId: '216adef6-5c7f-47e4-b989-5492eafa07d3',
      responseHeadersPolicyId: 'cdn-headers-id',
      compress: false,
    });
  });

  test('is the same in every phase', async () => {
    expect(await distribution('signed', { phase: 'copy' })).toEqual(
      await distribution('signed', { phase: 'retire' }),
    );
  });
});

test('CloudFront reaches the load balancer privately, and is let in by its own group', async () => {
  const recorded = await run();
  expect(
    recorded.find('aws:cloudfront/vpcOrigin:VpcOrigin', 'cdn-origin-vpc-origin').inputs[
      'vpcOriginEndpointConfig'
    ],
  ).toEqual({
    name: 'storage-prod-cache-tier',
    arn: 'arn:alb',
    httpPort: 80,
    httpsPort: 443,
    originProtocolPolicy: 'https-only',
    originSslProtocols: { quantity: 1, items: ['TLSv1.2'] },
  });
  expect(
    recorded.find('aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule', 'cdn-origin-from-cloudfront')
      .inputs,
  ).toMatchObject({
    securityGroupId: 'sg-alb',
    referencedSecurityGroupId: 'sg-cloudfront',
    fromPort: 443,
    toPort: 443,
  });
});

test('what is in us-east-1 whatever the stack’s region says so', async () => {
  const recorded = await run();
  const elsewhere = recorded.resources.filter(
    ({ type, inputs }) =>
      /^aws:(wafv2|cloudwatch\/(log|metricAlarm))/.test(type) && inputs['region'] !== 'us-east-1',
  );
  expect(elsewhere.map(({ name }) => name)).toEqual([]);
});

test('the firewall counts what is data here, refuses the rest, and logs no credentials', async () => {
  const recorded = await run();
  const acl = recorded.find('aws:wafv2/webAcl:WebAcl', 'cdn-firewall-acl').inputs;
  const rules = acl['rules'] as {
    name: string;
    priority: number;
    statement: {
      managedRuleGroupStatement?: { ruleActionOverrides: { name: string; actionToUse: object }[] };
      rateBasedStatement?: { limit: number };
    };
  }[];
  expect(acl['scope']).toBe('CLOUDFRONT');
  expect(rules.map(({ name, priority }) => [priority, name])).toEqual([
    [0, 'AWSManagedRulesAmazonIpReputationList'],
    [1, 'AWSManagedRulesKnownBadInputsRuleSet'],
    [2, 'rate-by-address'],
  ]);
  expect(rules[1]?.statement.managedRuleGroupStatement?.ruleActionOverrides).toEqual(
    ['JavaDeserializationRCE_BODY', 'Log4JRCE_BODY', 'ReactJSRCE_BODY', 'ExploitablePaths_URIPATH'].map(
      (name) => ({ name, actionToUse: { count: {} } }),
    ),
  );
  expect(rules[2]?.statement.rateBasedStatement?.limit).toBe(20_000);
  const logging = recorded.find(
    'aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration',
    'cdn-firewall-logging',
  ).inputs;
  expect(logging['redactedFields']).toEqual([
    { queryString: {} },
    { singleHeader: { name: 'authorization' } },
  ]);
  const fields = Object.values(recorded.all('aws:cloudwatch/logDelivery:LogDelivery')).flatMap(
    (delivery) => delivery['recordFields'] as string[],
  );
  expect(fields.filter((field) => /query|cookie/i.test(field))).toEqual([]);
  expect(fields).toContain('sc-status');
});

test('people hear of errors and of slowness at the edge, of both hosts', async () => {
  const recorded = await run();
  expect(
    Object.values(recorded.all('aws:cloudwatch/metricAlarm:MetricAlarm')).map((given) => [
      (given['dimensions'] as { DistributionId: string }).DistributionId,
      given['metricName'],
      given['statistic'] ?? given['extendedStatistic'],
      given['threshold'],
    ]),
  ).toEqual(
    ['images', 'signed'].flatMap((host) => [
      [`cdn-${host}-distribution-id`, '5xxErrorRate', 'Average', 1],
      [`cdn-${host}-distribution-id`, 'OriginLatency', 'p99', 3000],
    ]),
  );
});
