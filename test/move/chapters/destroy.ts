import { expect, it } from 'vitest';
import type { Phase } from '../../../scripts/contract/phases.ts';
import { countEverything, standing } from '../support.ts';
import type { Story } from '../the-move.test.ts';

/**
 * `pulumi destroy` runs no step and deletes no customer data. The clients rest meanwhile, so that every
 * difference is destroy's; the update afterwards takes over what is there.
 */
export function destroyKeepsEverything(story: Story, phase: Phase): void {
  it(`survives a destroy in ${phase}, and an up takes everything over again`, async () => {
    const { move, ledger, environment } = story;
    await move.clients.pauseFleet();
    const before = {
      counts: await countEverything(environment),
      standing: await standing(ledger, environment),
    };
    await move.engine.destroy(() => undefined);
    expect({
      counts: await countEverything(environment),
      standing: await standing(ledger, environment),
    }).toEqual(before);
    await move.clients.resumeFleet();
    await move.enter(phase);
    expect((await standing(ledger, environment)).phase).toBe(phase);
  });
}
