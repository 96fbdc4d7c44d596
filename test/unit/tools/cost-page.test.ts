import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { monthlyCost, totalOf } from '../../../scripts/tools/cost/monthly.ts';
import { COST_PAGE, costPage, dollars, settingsOf } from '../../../scripts/tools/cost/page.ts';

const root = path.resolve(import.meta.dirname, '../../..');

describe('what a month costs', () => {
  it('is in docs/cost.md as the stacks of the checkout make it (npm run docs)', async () => {
    expect(await readFile(COST_PAGE, 'utf8')).toBe(await costPage());
  });

  it.each(['dev', 'prod'] as const)('is said at the top of Pulumi.%s.yaml', async (stack) => {
    const total = dollars(totalOf(monthlyCost(await settingsOf(stack))));
    expect(await readFile(path.join(root, `Pulumi.${stack}.yaml`), 'utf8')).toContain(`$${total} a month`);
  });

  it('grows with what is asked for, by its own price', async () => {
    const dev = await settingsOf('dev');
    const one = totalOf(monthlyCost(dev));
    const two = totalOf(monthlyCost({ ...dev, network: { ...dev.network, interfaceEndpoints: true } }));
    expect(two - one).toBeCloseTo(16 * 2 * 0.01 * 730, 6);
  });

  it('knows every instance type of the settings', async () => {
    for (const stack of ['dev', 'prod'] as const) {
      expect(totalOf(monthlyCost(await settingsOf(stack)))).toBeGreaterThan(100);
    }
  });
});
