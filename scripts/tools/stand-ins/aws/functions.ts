import { createHash } from 'node:crypto';
import type { Wire } from '../wire.ts';
import type { AwsSettings } from './settings.ts';

/** Data sources: always the same answer to the same question. */
const FUNCTIONS: Record<string, (args: Wire, settings: AwsSettings) => Wire> = {
  'aws:ec2/getSecurityGroup:getSecurityGroup': (args, { region }) => {
    const id = `sg-0${digest(region, args['vpcId'], args['name'])}`;
    return { id, arn: `arn:aws:ec2:${region}:security-group/${id}`, description: '', tags: {} };
  },
  'aws:index/getAvailabilityZones:getAvailabilityZones': (_args, { region }) => ({
    id: region,
    names: ['a', 'b', 'c', 'd'].map((zone) => region + zone),
    zoneIds: [],
    groupNames: [region],
  }),
  'aws:index/getCallerIdentity:getCallerIdentity': (_args, { account }) => ({
    id: account,
    accountId: account,
    arn: `arn:aws:sts::${account}:assumed-role/deployment/session`,
    userId: 'AROADEPLOYMENT2EXAMPLE:session',
  }),
  'aws:index/getDefaultTags:getDefaultTags': (_args, { defaultTags }) => ({ id: 'aws', tags: defaultTags }),
  'aws:ssm/getParameter:getParameter': (args, { region }) => {
    const name = String(args['name']);
    // Amazon publishes the images of the day as parameters; others exist only where somebody has put them.
    if (!name.startsWith('/aws/service/')) {
      throw new Error(`reading SSM Parameter (${name}): couldn't find resource`);
    }
    const value = `ami-0${digest(region, name)}`;
    const arn = `arn:aws:ssm:${region}::parameter${name}`;
    return { id: name, arn, type: 'String', value, insecureValue: value, version: 1 };
  },
};

export function callFunction(token: string, args: Wire, settings: AwsSettings): Wire {
  const answer = FUNCTIONS[token];
  if (answer === undefined) {
    throw new Error(
      `The stand-in for the aws plugin has no function ${token}; it has: ${Object.keys(FUNCTIONS).join(', ')}. Add it in ${import.meta.filename}.`,
    );
  }
  const region = typeof args['region'] === 'string' ? args['region'] : settings.region;
  return { ...args, region, ...answer(args, { ...settings, region }) };
}

function digest(...parts: unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16);
}
