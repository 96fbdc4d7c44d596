import {
  global,
  hex,
  joined,
  letters,
  MADE_AT,
  number,
  regional,
  text,
  uuid,
  type Life,
  type Shapes,
} from './shape.ts';

/** What carries and delivers: queues, topics, CloudFront, and what watches them. */
export const delivery: Shapes = {
  'aws:sqs/queue:Queue': {
    naming: {
      property: 'name',
      limit: 80,
      suffix: (inputs) => (inputs['fifoQueue'] === true ? '.fifo' : ''),
    },
    id: (life) => `https://sqs.${life.region}.amazonaws.com/${life.account}/${text(life, 'name')}`,
    arn: regional('sqs', (life) => text(life, 'name')),
    outputs: (_life, id) => ({ url: id }),
  },
  'aws:sqs/queuePolicy:QueuePolicy': { id: (life) => text(life, 'queueUrl') },
  'aws:sqs/redrivePolicy:RedrivePolicy': { id: (life) => text(life, 'queueUrl') },
  'aws:sqs/redriveAllowPolicy:RedriveAllowPolicy': { id: (life) => text(life, 'queueUrl') },
  'aws:sns/topic:Topic': {
    naming: { property: 'name', limit: 256 },
    id: (life) => regional('sns', () => text(life, 'name'))(life, ''),
    arn: (_life, id) => id,
    outputs: (life) => ({ owner: life.account, policy: '{}' }),
  },
  'aws:sns/topicPolicy:TopicPolicy': { id: (life) => text(life, 'arn') },
  'aws:sns/topicSubscription:TopicSubscription': {
    id: (life) => `${text(life, 'topic')}:${uuid(life)}`,
    arn: (_life, id) => id,
    // E-mail subscriptions wait for a person.
    outputs: (life) => ({ pendingConfirmation: text(life, 'protocol') === 'email', ownerId: life.account }),
  },
  'aws:cloudfront/distribution:Distribution': {
    id: (life) => `E${letters(life, 13)}`,
    arn: global('cloudfront', (_life, id) => `distribution/${id}`),
    outputs: (life) => ({
      domainName: `d${hex(life, 13)}.cloudfront.net`,
      hostedZoneId: 'Z2FDTNDATAQYW2',
      status: 'Deployed',
      lastModifiedTime: MADE_AT,
      callerReference: hex(life, 20),
      etag: `E${letters(life, 13, 'etag')}`,
    }),
    updated: {
      by: ['*'],
      outputs: (life) => ({ etag: `E${letters({ ...life, identity: JSON.stringify(life.inputs) }, 13)}` }),
    },
  },
  'aws:cloudfront/vpcOrigin:VpcOrigin': {
    id: (life) => `vo_${hex(life, 22)}`,
    arn: global('cloudfront', (_life, id) => `vpcorigin/${id}`),
  },
  'aws:cloudfront/originAccessControl:OriginAccessControl': {
    naming: { property: 'name', limit: 64 },
    id: (life) => `E${letters(life, 13)}`,
    arn: global('cloudfront', (_life, id) => `origin-access-control/${id}`),
  },
  'aws:cloudfront/cachePolicy:CachePolicy': {
    naming: { property: 'name', limit: 128 },
    id: (life) => uuid(life),
  },
  'aws:cloudfront/originRequestPolicy:OriginRequestPolicy': {
    naming: { property: 'name', limit: 128 },
    id: (life) => uuid(life),
  },
  'aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy': {
    naming: { property: 'name', limit: 128 },
    id: (life) => uuid(life),
  },
  'aws:cloudfront/function:Function': {
    naming: { property: 'name', limit: 64 },
    arn: global('cloudfront', (_life, id) => `function/${id}`),
    outputs: () => ({ status: 'DEPLOYED', liveStageEtag: 'ETVPDKIKX0DER' }),
  },
  'aws:cloudfront/monitoringSubscription:MonitoringSubscription': {
    id: (life) => text(life, 'distributionId'),
  },
  'aws:wafv2/webAcl:WebAcl': {
    naming: { property: 'name', limit: 128 },
    id: (life) => uuid(life),
    arn: (life, id) => webArn(life, 'webacl', id),
    outputs: (life) => ({
      capacity: 1 + number(life, 1500),
      applicationIntegrationUrl: '',
      lockToken: uuid(life, 'lock'),
    }),
  },
  'aws:wafv2/ipSet:IpSet': {
    naming: { property: 'name', limit: 128 },
    id: (life) => uuid(life),
    arn: (life, id) => webArn(life, 'ipset', id),
  },
  'aws:wafv2/webAclAssociation:WebAclAssociation': { id: joined(',', 'webAclArn', 'resourceArn') },
  'aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration': {
    id: (life) => text(life, 'resourceArn'),
  },
  'aws:cloudwatch/logGroup:LogGroup': {
    naming: { property: 'name', limit: 512 },
    arn: regional('logs', (_life, id) => `log-group:${id}`),
  },
  'aws:cloudwatch/logResourcePolicy:LogResourcePolicy': { id: (life) => text(life, 'policyName') },
  'aws:cloudwatch/logMetricFilter:LogMetricFilter': { naming: { property: 'name', limit: 512 } },
  'aws:cloudwatch/metricAlarm:MetricAlarm': {
    naming: { property: 'name', limit: 255 },
    arn: regional('cloudwatch', (_life, id) => `alarm:${id}`),
  },
  'aws:cloudwatch/compositeAlarm:CompositeAlarm': {
    id: (life) => text(life, 'alarmName'),
    arn: regional('cloudwatch', (_life, id) => `alarm:${id}`),
  },
  'aws:cloudwatch/dashboard:Dashboard': {
    id: (life) => text(life, 'dashboardName'),
    outputs: (life, id) => ({ dashboardArn: `arn:aws:cloudwatch::${life.account}:dashboard/${id}` }),
  },
  'aws:cloudwatch/eventRule:EventRule': {
    naming: { property: 'name', limit: 64 },
    arn: regional('events', (_life, id) => `rule/${id}`),
  },
  'aws:cloudwatch/eventTarget:EventTarget': {
    naming: { property: 'targetId', limit: 64 },
    id: joined('-', 'rule', 'targetId'),
  },
  'aws:scheduler/schedule:Schedule': {
    naming: { property: 'name', limit: 64 },
    id: (life) => `${text(life, 'groupName') || 'default'}/${text(life, 'name')}`,
    arn: regional('scheduler', (_life, id) => `schedule/${id}`),
  },
  'aws:budgets/budget:Budget': {
    naming: { property: 'name', limit: 100 },
    id: (life) => `${life.account}:${text(life, 'name')}`,
    arn: global('budgets', (life) => `budget/${text(life, 'name')}`),
  },
  'aws:backup/vault:Vault': {
    naming: { property: 'name', limit: 50 },
    arn: regional('backup', (_life, id) => `backup-vault:${id}`),
  },
  'aws:backup/plan:Plan': {
    id: (life) => uuid(life),
    arn: regional('backup', (_life, id) => `backup-plan:${id}`),
  },
};

function webArn(life: Life, kind: string, id: string): string {
  const isGlobal = text(life, 'scope') === 'CLOUDFRONT';
  const region = isGlobal ? 'us-east-1' : life.region;
  return `arn:aws:wafv2:${region}:${life.account}:${isGlobal ? 'global' : 'regional'}/${kind}/${text(life, 'name')}/${id}`;
}
