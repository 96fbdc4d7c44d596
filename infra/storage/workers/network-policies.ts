import type * as k8s from '@pulumi/kubernetes';
import { CACHE_TIER_PORTS } from '../cache-tier/ports.ts';
import { EVENTS_POD_PORT } from '../events/index.ts';
import { APPS, labelsOf, PENDING_PORT, type App } from './names.ts';

type Policy = k8s.types.input.networking.v1.NetworkPolicySpec;
type Ingress = k8s.types.input.networking.v1.NetworkPolicyIngressRule;
type Egress = k8s.types.input.networking.v1.NetworkPolicyEgressRule;

const tcp = (...ports: number[]) => ports.map((port) => ({ protocol: 'TCP', port }));
const anywhere = (port: number): Egress => ({ to: [{ ipBlock: { cidr: '0.0.0.0/0' } }], ports: tcp(port) });
const pods = (...apps: App[]) => apps.map((app) => ({ podSelector: { matchLabels: labelsOf(app) } }));

/** The agent of EKS Pod Identity on every node: https://docs.aws.amazon.com/eks/latest/userguide/pod-id-agent-setup.html */
const IDENTITY_AGENT: Egress = {
  to: [{ ipBlock: { cidr: '169.254.170.23/32' } }],
  ports: tcp(80),
};
/** S3, RGW and AWS' APIs. S3's addresses are not in the VPC, so this cannot be narrower than the port. */
const HTTPS = anywhere(443);

/** Nobody talks to anybody, but everybody asks for names. */
export const DENY_ALL: Policy = { podSelector: {}, policyTypes: ['Ingress', 'Egress'] };
export const ALLOW_NAMES: Policy = {
  podSelector: {},
  policyTypes: ['Egress'],
  egress: [
    {
      to: [
        {
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } },
          podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } },
        },
      ],
      ports: [
        { protocol: 'UDP', port: 53 },
        { protocol: 'TCP', port: 53 },
      ],
    },
  ],
};

/** Who may talk to whom. @param cidr the VPC's addresses: load balancers, functions and the database */
export function policyOf(app: App, { cidr, databasePort }: { cidr: string; databasePort: number }): Policy {
  const vpc = [{ ipBlock: { cidr } }];
  const database: Egress = { to: vpc, ports: tcp(databasePort) };
  const stores = [IDENTITY_AGENT, database, HTTPS];
  // Without `ingress` nobody gets in; an empty list would mean the same, and differ at each update.
  const rules: Record<App, { ingress?: Ingress[]; egress: Egress[] }> = {
    copy: { egress: stores },
    verify: { egress: stores },
    replay: { egress: stores },
    heartbeat: { egress: stores },
    pending: { ingress: [{ from: pods('cache-tier'), ports: tcp(PENDING_PORT) }], egress: stores },
    // Asks each Nginx whether it has turned.
    'hold-watch': {
      egress: [...stores, { to: pods('cache-tier'), ports: tcp(CACHE_TIER_PORTS.turned) }],
    },
    events: {
      ingress: [{ from: vpc, ports: tcp(EVENTS_POD_PORT) }],
      egress: [IDENTITY_AGENT, database],
    },
    'cache-tier': {
      // From the load balancer's addresses; the nodes' security group lets in no other.
      ingress: [
        { from: vpc, ports: tcp(CACHE_TIER_PORTS.nginx) },
        { from: [...vpc, ...pods('hold-watch')], ports: tcp(CACHE_TIER_PORTS.turned) },
      ],
      egress: [...stores, { to: pods('pending'), ports: tcp(PENDING_PORT) }],
    },
  };
  return {
    podSelector: { matchLabels: labelsOf(app) },
    policyTypes: ['Ingress', 'Egress'],
    ...rules[app],
  };
}

/** All of the namespace's, by name. */
export function networkPolicies(args: { cidr: string; databasePort: number }): Record<string, Policy> {
  return {
    'deny-all': DENY_ALL,
    'allow-names': ALLOW_NAMES,
    ...Object.fromEntries(APPS.map((app) => [app, policyOf(app, args)])),
  };
}
