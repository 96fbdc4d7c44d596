import * as k8s from '@pulumi/kubernetes';
import * as pulumi from '@pulumi/pulumi';
import { describe, expect, test } from 'vitest';
import { ClusterReaders, READER_RULES } from '../../../../infra/foundation/kubernetes/readers.ts';
import { record } from '../../../support/recorded.ts';
import { recordStack } from '../../../support/recorded-stack.ts';
import { stackFile } from '../../../support/stack-file.ts';

const ROLE = 'arn:aws:iam::111122223333:role/storage-prod-preview';

describe('readers of the cluster', () => {
  test('come in by their roles, as members of one group', async () => {
    const { find, all } = await record((options) => {
      const provider = new k8s.Provider('cluster', {}, options);
      const cluster = { name: pulumi.output('prod'), provider };
      return new ClusterReaders('readers', { cluster, roleArns: [ROLE] }, options);
    });
    expect(all('aws:eks/accessEntry:AccessEntry')).toEqual({
      'readers-0-entry': {
        clusterName: 'prod',
        principalArn: ROLE,
        kubernetesGroups: ['readers'],
        type: 'STANDARD',
      },
    });
    const type = 'kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding';
    expect(find(type, 'readers-binding').inputs).toMatchObject({
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'readers' },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'readers' }],
    });
  });

  test('change nothing, and read no secret', () => {
    expect([...new Set(READER_RULES.flatMap(({ verbs }) => verbs as string[]))].sort()).toEqual([
      'get',
      'list',
      'watch',
    ]);
    expect(READER_RULES.flatMap(({ resources }) => resources as string[])).not.toContain('secrets');
  });

  test.each(['dev', 'prod'] as const)(
    'of %s are previews, and see every kind that the stack makes',
    async (stack) => {
      const { resources } = await recordStack(stack);
      const account = String(stackFile(stack)['storage:account']);
      const entries = resources.filter(({ type }) => type === 'aws:eks/accessEntry:AccessEntry');
      expect(entries.map(({ inputs }) => inputs['principalArn'])).toContain(
        `arn:aws:iam::${account}:role/storage-${stack}-preview`,
      );
      const kinds = new Set(resources.flatMap(({ type }) => kindOf(type)));
      expect(kinds.size).toBeGreaterThan(10);
      const readable = READER_RULES.flatMap(({ apiGroups, resources: plurals }) =>
        (apiGroups as string[]).flatMap((group) => (plurals as string[]).map((one) => `${group}/${one}`)),
      );
      expect([...kinds].filter((kind) => !readable.includes(kind))).toEqual([]);
    },
    60_000,
  );
});

/** `kubernetes:apps/v1:Deployment` → `apps/deployments`. */
function kindOf(type: string): string[] {
  const [, group, kind] = /^kubernetes:([\w.]+)\/v\d\w*:(\w+)$/.exec(type) ?? [];
  if (group === undefined || kind === undefined) return [];
  const plural = `${kind.toLowerCase()}s`.replace(/ys$/, 'ies');
  return [`${group === 'core' ? '' : group}/${plural}`];
}
