import type * as k8s from '@pulumi/kubernetes';
import type * as pulumi from '@pulumi/pulumi';
import { RESTRICTED_CONTAINER } from '../../kubernetes/security.ts';
import type { IamStatement } from '../iam.ts';

type Rule = k8s.types.input.rbac.v1.PolicyRule;

export const AUTOSCALER = { namespace: 'kube-system', name: 'cluster-autoscaler' } as const;

/** Of the cluster's own minor version, with which it reads the scheduler's rules. */
export function autoscalerImage(kubernetesVersion: string): string {
  return `registry.k8s.io/autoscaling/cluster-autoscaler:v${kubernetesVersion}.0`;
}

const READ = ['get', 'list', 'watch'];

/** What it reads of the whole cluster, and how it empties a node. */
export const AUTOSCALER_CLUSTER_RULES: Rule[] = [
  {
    apiGroups: [''],
    resources: [
      'namespaces',
      'pods',
      'services',
      'replicationcontrollers',
      'persistentvolumeclaims',
      'persistentvolumes',
    ],
    verbs: READ,
  },
  { apiGroups: [''], resources: ['nodes'], verbs: [...READ, 'update'] },
  { apiGroups: [''], resources: ['pods/eviction'], verbs: ['create'] },
  { apiGroups: [''], resources: ['pods/status'], verbs: ['update'] },
  { apiGroups: [''], resources: ['events'], verbs: ['create', 'patch'] },
  { apiGroups: ['apps'], resources: ['daemonsets', 'replicasets', 'statefulsets'], verbs: READ },
  { apiGroups: ['batch'], resources: ['jobs'], verbs: READ },
  { apiGroups: ['policy'], resources: ['poddisruptionbudgets'], verbs: READ },
  {
    apiGroups: ['storage.k8s.io'],
    resources: ['storageclasses', 'csinodes', 'csidrivers', 'csistoragecapacities', 'volumeattachments'],
    verbs: READ,
  },
  {
    apiGroups: ['resource.k8s.io'],
    resources: ['deviceclasses', 'resourceclaims', 'resourceslices'],
    verbs: READ,
  },
];

/** What it keeps of itself, in its own namespace: its status, and which of its copies leads. */
export const AUTOSCALER_OWN_RULES: Rule[] = [
  { apiGroups: [''], resources: ['configmaps'], verbs: ['create', 'list', 'watch'] },
  {
    apiGroups: [''],
    resources: ['configmaps'],
    resourceNames: ['cluster-autoscaler-status'],
    verbs: ['get', 'update', 'delete'],
  },
  { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['create'] },
  {
    apiGroups: ['coordination.k8s.io'],
    resources: ['leases'],
    resourceNames: [AUTOSCALER.name],
    verbs: ['get', 'update'],
  },
];

/** It looks at everything, as these actions know no resources, and changes groups of this cluster alone. */
export function autoscalerStatements(
  clusterName: string,
  where: { region: string; account: string },
): IamStatement[] {
  const { region, account } = where;
  return [
    {
      Sid: 'Look',
      Action: [
        'autoscaling:DescribeAutoScalingGroups',
        'autoscaling:DescribeAutoScalingInstances',
        'autoscaling:DescribeLaunchConfigurations',
        'autoscaling:DescribeScalingActivities',
        'autoscaling:DescribeTags',
        'ec2:DescribeImages',
        'ec2:DescribeInstanceTypes',
        'ec2:DescribeLaunchTemplateVersions',
        'ec2:GetInstanceTypesFromInstanceRequirements',
      ],
      Resource: ['*'],
    },
    {
      // Labels and taints of a group without nodes.
      Sid: 'LookAtGroupsWithoutNodes',
      Action: ['eks:DescribeNodegroup'],
      Resource: [`arn:aws:eks:${region}:${account}:nodegroup/${clusterName}/*`],
    },
    {
      Sid: 'GrowAndShrink',
      Action: ['autoscaling:SetDesiredCapacity', 'autoscaling:TerminateInstanceInAutoScalingGroup'],
      Resource: [`arn:aws:autoscaling:${region}:${account}:autoScalingGroup:*`],
      Condition: {
        StringEquals: { [`aws:ResourceTag/k8s.io/cluster-autoscaler/${clusterName}`]: 'owned' },
      },
    },
  ];
}

/** The Deployment. EKS tags its node groups' machines so that they are found by the cluster's name. */
export function autoscalerDeployment(args: {
  clusterName: string;
  region: string;
  image: pulumi.Input<string>;
}): k8s.types.input.apps.v1.DeploymentSpec {
  const labels = { app: AUTOSCALER.name };
  const tags = `k8s.io/cluster-autoscaler/enabled,k8s.io/cluster-autoscaler/${args.clusterName}`;
  return {
    replicas: 1,
    selector: { matchLabels: labels },
    template: {
      metadata: { labels },
      spec: {
        serviceAccountName: AUTOSCALER.name,
        priorityClassName: 'system-cluster-critical',
        securityContext: {
          runAsNonRoot: true,
          runAsUser: 65534,
          seccompProfile: { type: 'RuntimeDefault' },
        },
        containers: [
          {
            name: 'cluster-autoscaler',
            image: args.image,
            command: [
              './cluster-autoscaler',
              '--cloud-provider=aws',
              `--node-group-auto-discovery=asg:tag=${tags}`,
              '--balance-similar-node-groups',
              '--expander=least-waste',
              '--skip-nodes-with-local-storage=false',
              '--skip-nodes-with-system-pods=false',
              '--aws-use-static-instance-list=true',
            ],
            env: [{ name: 'AWS_REGION', value: args.region }],
            ports: [{ name: 'health', containerPort: 8085 }],
            livenessProbe: { httpGet: { path: '/health-check', port: 'health' }, periodSeconds: 30 },
            resources: { requests: { cpu: '100m', memory: '600Mi' }, limits: { memory: '600Mi' } },
            securityContext: RESTRICTED_CONTAINER,
          },
        ],
      },
    },
  };
}
