import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { cruise, type ICruiseResult } from 'dependency-cruiser';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import rules from '../../.dependency-cruiser.js';

/** One import that each rule must refuse, and one that it must let pass, in a tree of its own. */
const IMPORTS: { rule: string; refused: [string, string]; allowed: [string, string] }[] = [
  {
    rule: 'contract-is-a-leaf',
    refused: ['scripts/contract/a.ts', 'scripts/store/a.ts'],
    allowed: ['scripts/contract/b.ts', 'scripts/contract/c.ts'],
  },
  {
    rule: 'store-and-ledger-know-only-the-contract',
    refused: ['scripts/ledger/a.ts', 'scripts/store/b.ts'],
    allowed: ['scripts/ledger/b.ts', 'scripts/contract/d.ts'],
  },
  {
    rule: 'platform-knows-contract-store-and-ledger',
    refused: ['scripts/platform/a.ts', 'scripts/move/sync/a.ts'],
    allowed: ['scripts/platform/b.ts', 'scripts/ledger/c.ts'],
  },
  {
    rule: 'rooms-of-the-move-stand-alone',
    refused: ['scripts/move/sync/b.ts', 'scripts/move/replay/a.ts'],
    allowed: ['scripts/move/sync/c.ts', 'scripts/move/common/a.ts'],
  },
  {
    rule: 'steps-join-the-rooms',
    refused: ['scripts/move/steps/a.ts', 'scripts/local/a.ts'],
    allowed: ['scripts/move/steps/b.ts', 'scripts/move/replay/b.ts'],
  },
  {
    rule: 'object-events-stand-alone',
    refused: ['scripts/object-events/a.ts', 'scripts/move/capture/a.ts'],
    allowed: ['scripts/object-events/b.ts', 'scripts/platform/c.ts'],
  },
  {
    rule: 'ceph-hosts-stand-alone',
    refused: ['scripts/ceph-hosts/a.ts', 'scripts/move/sync/d.ts'],
    allowed: ['scripts/ceph-hosts/b.ts', 'scripts/contract/e.ts'],
  },
  {
    rule: 'nothing-imports-the-command-line',
    refused: ['scripts/tools/a.ts', 'scripts/cli/a.ts'],
    allowed: ['scripts/migrate.ts', 'scripts/cli/b.ts'],
  },
  {
    rule: 'infra-knows-only-the-contract',
    refused: ['infra/local/a.ts', 'scripts/local/b.ts'],
    allowed: ['infra/local/b.ts', 'scripts/contract/f.ts'],
  },
  {
    rule: 'only-tools-and-local-know-infra',
    refused: ['scripts/cli/c.ts', 'infra/nginx/a.ts'],
    allowed: ['scripts/tools/b.ts', 'infra/nginx/b.ts'],
  },
  {
    rule: 'foundation-knows-no-system-on-it',
    refused: ['infra/foundation/a.ts', 'infra/storage/a.ts'],
    allowed: ['infra/storage/b.ts', 'infra/foundation/b.ts'],
  },
  {
    rule: 'the-product-imports-no-test',
    refused: ['scripts/tools/c.ts', 'test/support/a.ts'],
    allowed: ['test/support/b.ts', 'scripts/tools/d.ts'],
  },
];

/** Types count too: nothing else ties these two. */
const CIRCLE: [string, string] = ['scripts/store/circle.ts', 'scripts/store/back.ts'];

describe('the rules of who may import whom', () => {
  let tree = '';
  let found: { rule: string; from: string; to: string }[] = [];
  const broken = ([from, to]: [string, string]) =>
    found.filter((one) => one.from === from && one.to === to).map(({ rule }) => rule);

  beforeAll(async () => {
    tree = await mkdtemp(path.join(os.tmpdir(), 'storage-imports-'));
    const pairs = IMPORTS.flatMap(({ refused, allowed }) => [refused, allowed]);
    for (const [from, to] of [...pairs, CIRCLE]) await plant(tree, from, to);
    const [from, to] = CIRCLE;
    await writeFile(path.join(tree, to), `import type {} from '${relative(to, from)}';\n`);
    const options = { ...rules.options, ruleSet: rules, validate: true, baseDir: tree };
    const { output } = await cruise(['.'], options);
    found = (output as ICruiseResult).summary.violations.map(({ rule, from, to }) => ({
      rule: rule.name,
      from,
      to,
    }));
  });
  afterAll(() => rm(tree, { recursive: true, force: true }));

  it.each(IMPORTS)('$rule: refuses a planted import, and lets its neighbour pass', (planted) => {
    expect(broken(planted.refused)).toContain(planted.rule);
    expect(broken(planted.allowed)).toEqual([]);
  });

  it('no-circle: files that import only types of each other are a circle', () => {
    expect(found.map(({ rule }) => rule)).toContain('no-circle');
  });

  it('each rule has its planted import', () => {
    const named = (rules.forbidden ?? []).map(({ name }) => name ?? '');
    expect(named.toSorted()).toEqual([...IMPORTS.map(({ rule }) => rule), 'no-circle'].toSorted());
  });
});

async function plant(tree: string, from: string, to: string): Promise<void> {
  for (const file of [from, to]) await mkdir(path.dirname(path.join(tree, file)), { recursive: true });
  await writeFile(path.join(tree, to), 'export const one = 1;\n', { flag: 'a' });
  await writeFile(
    path.join(tree, from),
    `import { one } from '${relative(from, to)}';\nexport default one;\n`,
  );
}

function relative(from: string, to: string): string {
  const way = path.relative(path.dirname(from), to);
  return way.startsWith('.') ? way : `./${way}`;
}
