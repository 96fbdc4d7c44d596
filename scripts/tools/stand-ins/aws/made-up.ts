import type { TypeNode } from '../declarations/type-text.ts';
import { hex, letters, MADE_AT, regional, type Life } from './shapes/shape.ts';
import { privateAddress } from './shapes/network.ts';

const SERVICES: Record<string, string> = {
  vpc: 'ec2',
  ebs: 'ec2',
  lb: 'elasticloadbalancing',
  alb: 'elasticloadbalancing',
};

/** Ids by how the properties that hold them end; the longest first. */
const PREFIXES: [RegExp, string][] = [
  [/securityGroupIds?$/i, 'sg'],
  [/networkInterfaceIds?$/i, 'eni'],
  [/networkAclId$/i, 'acl'],
  [/routeTableId$/i, 'rtb'],
  [/subnetIds?$/i, 'subnet'],
  [/volumeId$/i, 'vol'],
  [/instanceId$/i, 'i'],
  [/vpcId$/i, 'vpc'],
];

/** `arn:aws:SERVICE:REGION:ACCOUNT:KIND/ID`, of `aws:SERVICE/KIND:Type`. */
export function defaultArn(life: Life, id: string): string {
  const [, module = '', kind = ''] = /^aws:(\w+)\/(\w+):/.exec(life.type) ?? [];
  return regional(SERVICES[module] ?? module, () => (id.startsWith('arn:') ? id : `${kind}/${id}`))(life, id);
}

/** A value for an output of which nothing is known but its name and its type. */
export function madeUp(life: Life, id: string, path: string, type: TypeNode): unknown {
  if (type.kind === 'number') return 0;
  if (type.kind === 'boolean') return false;
  if (type.kind === 'literal') return type.value;
  const name = path.split('.').at(-1) ?? path;
  if (name === 'arn') return id.startsWith('arn:') ? id : defaultArn(life, id);
  if (/arn$/i.test(name)) return `${defaultArn(life, id)}/${hex(life, 8, path)}`;
  if (name === 'region') return life.region;
  if (/^(owner|account|registry|ownerAccount)(Id)?$/.test(name)) return life.account;
  // Nothing of ours has IPv6 unless it asks for it.
  if (name.startsWith('ipv6')) return '';
  if (/zoneId$/i.test(name)) return `Z${letters(life, 13, path)}`;
  if (/^availabilityZone$/.test(name)) return `${life.region}a`;
  if (/(status|state)$/i.test(name)) return 'ACTIVE';
  if (/(date|time|createdAt|modified)$/i.test(name)) return MADE_AT;
  if (/(privateIp|ipAddress)$/i.test(name)) return privateAddress(life, path);
  if (/(dnsName|domainName|endpoint)$/i.test(name))
    return `${hex(life, 12, path)}.${life.region}.amazonaws.com`;
  if (/url$/i.test(name)) return `https://${hex(life, 12, path)}.${life.region}.amazonaws.com`;
  const prefix = PREFIXES.find(([pattern]) => pattern.test(name))?.[1];
  if (prefix !== undefined) return `${prefix}-0${hex(life, 16, path)}`;
  if (name === 'name') return id;
  return `${name}-${hex(life, 8, path)}`;
}
