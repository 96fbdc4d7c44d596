import { byType, type ResourceRule } from '../rule.ts';
import { blocks, list, text, type Values } from '../values.ts';

/** Wider than a /8 is no network of anybody's. */
const NARROWEST_OPEN = 8;

/** Whether a block of addresses is (as good as) the whole internet. */
export function isOpen(cidr: unknown): boolean {
  const [address = '', bits = ''] = text(cidr).split('/');
  if (address === '' || bits === '') return false;
  return address.includes(':') ? Number(bits) < 16 : Number(bits) < NARROWEST_OPEN;
}

const says = (cidr: unknown) =>
  `lets in ${String(cidr)}: name the security group, or the network, that has to get in`;

const inline = (rule: Values) =>
  [...list(rule['cidrBlocks']), ...list(rule['ipv6CidrBlocks'])].filter(isOpen).map(says);

/** Nobody is let in from everywhere. CloudFront reaches us by a VPC origin, people by SSM sessions. */
export const openIngress: ResourceRule = {
  name: 'open-ingress',
  description: 'No security group lets in the whole internet, at any port.',
  severity: 'critical',
  remedy: 'Use allowTraffic (infra/foundation/network/traffic.ts): security groups by pair of parts.',
  check: byType({
    'aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule': (props) =>
      [props['cidrIpv4'], props['cidrIpv6']].filter(isOpen).map(says),
    'aws:ec2/securityGroup:SecurityGroup': (props) => blocks(props['ingress']).flatMap(inline),
    'aws:ec2/defaultSecurityGroup:DefaultSecurityGroup': (props) => blocks(props['ingress']).flatMap(inline),
    'aws:ec2/securityGroupRule:SecurityGroupRule': (props) =>
      props['type'] === 'ingress' ? inline(props) : [],
  }),
};
