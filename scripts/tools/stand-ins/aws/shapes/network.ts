import { hex, letters, number, regional, resourceId, text, type Life, type Shapes } from './shape.ts';

const named = (limit: number) => ({ property: 'name', limit });

/** An address in 10.0.0.0/8. */
export function privateAddress(life: Life, purpose = 'address'): string {
  return `10.${number(life, 256, `${purpose} a`)}.${number(life, 256, `${purpose} b`)}.${4 + number(life, 250, `${purpose} c`)}`;
}

export function publicAddress(life: Life): string {
  return `203.0.113.${1 + number(life, 254, 'public address')}`;
}

/** The name of an instance in private DNS: `ec2.internal` belongs to us-east-1 alone. */
export function privateDnsName(life: Life, address: string): string {
  const domain = life.region === 'us-east-1' ? 'ec2.internal' : `${life.region}.compute.internal`;
  return `ip-${address.replaceAll('.', '-')}.${domain}`;
}

export const network: Shapes = {
  'aws:ec2/vpc:Vpc': {
    id: resourceId('vpc'),
    arn: regional('ec2', (_life, id) => `vpc/${id}`),
    outputs: (life) => ({
      mainRouteTableId: `rtb-0${hex(life, 16, 'main')}`,
      defaultRouteTableId: `rtb-0${hex(life, 16, 'main')}`,
      defaultNetworkAclId: `acl-0${hex(life, 16)}`,
      defaultSecurityGroupId: `sg-0${hex(life, 16, 'default')}`,
      dhcpOptionsId: `dopt-0${hex(life, 16)}`,
      enableDnsSupport: true,
      instanceTenancy: 'default',
    }),
  },
  'aws:ec2/subnet:Subnet': {
    id: resourceId('subnet'),
    arn: regional('ec2', (_life, id) => `subnet/${id}`),
    outputs: (life) => ({
      availabilityZone: `${life.region}a`,
      availabilityZoneId: `use1-az${1 + number(life, 6)}`,
    }),
  },
  'aws:ec2/securityGroup:SecurityGroup': {
    id: resourceId('sg'),
    arn: regional('ec2', (_life, id) => `security-group/${id}`),
    naming: named(255),
    outputs: () => ({ description: 'Managed by Pulumi' }),
  },
  'aws:ec2/defaultSecurityGroup:DefaultSecurityGroup': {
    id: resourceId('sg'),
    arn: regional('ec2', (_life, id) => `security-group/${id}`),
    outputs: () => ({ name: 'default', description: 'default VPC security group' }),
  },
  'aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule': {
    id: resourceId('sgr'),
    arn: regional('ec2', (_life, id) => `security-group-rule/${id}`),
    outputs: (_life, id) => ({ securityGroupRuleId: id }),
  },
  'aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule': {
    id: resourceId('sgr'),
    arn: regional('ec2', (_life, id) => `security-group-rule/${id}`),
    outputs: (_life, id) => ({ securityGroupRuleId: id }),
  },
  'aws:ec2/internetGateway:InternetGateway': {
    id: resourceId('igw'),
    arn: regional('ec2', (_life, id) => `internet-gateway/${id}`),
  },
  'aws:ec2/egressOnlyInternetGateway:EgressOnlyInternetGateway': { id: resourceId('eigw') },
  'aws:ec2/natGateway:NatGateway': {
    id: resourceId('nat'),
    outputs: (life) => ({
      privateIp: privateAddress(life),
      publicIp: publicAddress(life),
      networkInterfaceId: `eni-0${hex(life, 16)}`,
    }),
  },
  'aws:ec2/eip:Eip': {
    id: resourceId('eipalloc'),
    arn: regional('ec2', (_life, id) => `elastic-ip/${id}`),
    outputs: (life, id) => ({ allocationId: id, publicIp: publicAddress(life), domain: 'vpc' }),
  },
  'aws:ec2/routeTable:RouteTable': {
    id: resourceId('rtb'),
    arn: regional('ec2', (_life, id) => `route-table/${id}`),
  },
  'aws:ec2/route:Route': { id: (life) => `r-${text(life, 'routeTableId')}${number(life, 1e9)}` },
  'aws:ec2/routeTableAssociation:RouteTableAssociation': { id: resourceId('rtbassoc') },
  'aws:ec2/networkAcl:NetworkAcl': {
    id: resourceId('acl'),
    arn: regional('ec2', (_life, id) => `network-acl/${id}`),
  },
  'aws:ec2/vpcEndpoint:VpcEndpoint': {
    id: resourceId('vpce'),
    arn: regional('ec2', (_life, id) => `vpc-endpoint/${id}`),
    outputs: (life, id) => ({
      state: 'available',
      prefixListId: `pl-${hex(life, 8)}`,
      cidrBlocks: ['52.216.0.0/15'],
      dnsEntries: [
        {
          dnsName: `${id}-${hex(life, 8)}.${text(life, 'serviceName').split('.').at(-1) ?? ''}.${life.region}.vpce.amazonaws.com`,
          hostedZoneId: `Z${letters(life, 13)}`,
        },
      ],
    }),
  },
  'aws:ec2/flowLog:FlowLog': {
    id: resourceId('fl'),
    arn: regional('ec2', (_life, id) => `vpc-flow-log/${id}`),
  },
  'aws:ec2/managedPrefixList:ManagedPrefixList': {
    id: resourceId('pl'),
    arn: regional('ec2', (_life, id) => `prefix-list/${id}`),
  },
  'aws:route53/zone:Zone': {
    id: (life) => `Z${letters(life, 20)}`,
    arn: (_life, id) => `arn:aws:route53:::hostedzone/${id}`,
    outputs: (_life, id) => ({
      zoneId: id,
      nameServers: [1, 2, 3, 4].map((server) => `ns-${server}.awsdns-0${server}.example`),
      primaryNameServer: 'ns-1.awsdns-01.example',
    }),
  },
  'aws:route53/record:Record': {
    id: (life) =>
      [text(life, 'zoneId'), text(life, 'name'), text(life, 'type'), text(life, 'setIdentifier')]
        .filter((part) => part !== '')
        .join('_'),
    outputs: (life) => ({ fqdn: text(life, 'name').replace(/\.$/, '') }),
  },
  'aws:lb/loadBalancer:LoadBalancer': {
    naming: named(32),
    id: (life) => loadBalancerArn(life),
    arn: (_life, id) => id,
    outputs: (life, id) => {
      const kind = life.inputs['internal'] === true ? 'internal-' : '';
      const service = text(life, 'loadBalancerType') === 'network' ? 'elb.' : '';
      const host =
        service === ''
          ? `${kind}${text(life, 'name')}-${number(life, 1e9)}.${life.region}.elb.amazonaws.com`
          : `${text(life, 'name')}-${hex(life, 16)}.elb.${life.region}.amazonaws.com`;
      return {
        arnSuffix: id.split(':loadbalancer/').at(-1),
        dnsName: host,
        zoneId: `Z${letters(life, 13, life.region)}`,
        ipAddressType: 'ipv4',
      };
    },
  },
  'aws:lb/targetGroup:TargetGroup': {
    naming: named(32),
    id: (life) => balancing(life, `targetgroup/${text(life, 'name')}/${hex(life, 16)}`),
    arn: (_life, id) => id,
    outputs: (_life, id) => ({ arnSuffix: id.split(':').at(-1) }),
  },
  'aws:lb/listener:Listener': {
    id: (life) => `${text(life, 'loadBalancerArn').replace(':loadbalancer/', ':listener/')}/${hex(life, 16)}`,
    arn: (_life, id) => id,
  },
  'aws:lb/listenerRule:ListenerRule': {
    id: (life) => `${text(life, 'listenerArn').replace(':listener/', ':listener-rule/')}/${hex(life, 16)}`,
    arn: (_life, id) => id,
  },
};

function loadBalancerArn(life: Life): string {
  const kind = text(life, 'loadBalancerType') === 'network' ? 'net' : 'app';
  return balancing(life, `loadbalancer/${kind}/${text(life, 'name')}/${hex(life, 16)}`);
}

function balancing(life: Life, resource: string): string {
  return regional('elasticloadbalancing', () => resource)(life, '');
}
