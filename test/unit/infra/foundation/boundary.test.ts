import { fileURLToPath } from 'node:url';
import { ESLint, Linter } from 'eslint';
import { beforeAll, describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
const RULE = 'no-restricted-imports';

/** The rule as the project's configuration sets it for a file. */
async function ruleFor(file: string): Promise<Linter.RuleEntry | undefined> {
  const config = (await new ESLint({ cwd: ROOT }).calculateConfigForFile(file)) as Linter.Config | undefined;
  return config?.rules?.[RULE];
}

describe('the boundary of the foundation', () => {
  let rule: Linter.RuleEntry;
  beforeAll(async () => {
    rule = (await ruleFor('infra/foundation/network/network.ts')) ?? 'off';
  });
  const messages = (statement: string) =>
    new Linter().verify(statement, [{ rules: { [RULE]: rule } }]).map((message) => message.message);

  it.each([
    `import { Cdn } from '../storage/cdn/index.ts'`,
    `import { CephCluster } from '../../storage/ceph/cluster.ts'`,
    `export { Cdn } from '../storage/cdn/cdn.ts'`,
    `import { AwsSettingsSchema } from '../settings/aws.ts'`,
    `import { readSettings } from '../../config.ts'`,
    `import { PHASES } from '../phases/phase.ts'`,
    `import { clusterSpec } from '../ceph/cluster.ts'`,
    `import { cacheTier } from '../nginx/cache-tier.ts'`,
  ])('refuses %s', (statement) => {
    expect(messages(statement)).toEqual([
      expect.stringContaining(
        'The foundation knows no system that stands on it: take what you need as an argument.',
      ),
    ]);
  });

  it.each([
    `import * as aws from '@pulumi/aws'`,
    `import { logGroup } from '../logs.ts'`,
    `import { KubernetesCluster } from './kubernetes/index.ts'`,
  ])('lets pass %s', (statement) => {
    expect(messages(statement)).toEqual([]);
  });

  it('binds nobody else', async () => {
    expect(await ruleFor('infra/storage/cdn/cdn.ts')).toBeUndefined();
    expect(await ruleFor('infra/foundation/index.ts')).toEqual(rule);
  });
});
