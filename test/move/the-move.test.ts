import { afterAll, beforeAll, describe } from 'vitest';
import type { Environment } from '../../scripts/contract/environment.ts';
import { openLedger } from '../../scripts/ledger/connect.ts';
import type { Pool } from '../../scripts/ledger/database.ts';
import { LocalMove } from '../../scripts/local/local-move.ts';
import { TEST_SETTINGS } from '../support/local-environment.ts';
import { afterCutover } from './chapters/after-cutover.ts';
import { copy } from './chapters/copy.ts';
import { cutover } from './chapters/cutover.ts';
import { prepare } from './chapters/prepare.ts';
import { retain } from './chapters/retain.ts';
import { retire } from './chapters/retire.ts';
import { theEnd } from './chapters/the-end.ts';

/** What every chapter works with; filled before the first test. */
export type Story = { move: LocalMove; environment: Environment; ledger: Pool; said: string[] };

/**
 * One move, from the first notification to the emptied bucket, through the real engine and on real
 * stores, while clients read and write from beginning to end. The chapters build on each other.
 */
describe('the move', () => {
  const story = { said: [] as string[] } as Story;

  beforeAll(async () => {
    story.move = await LocalMove.open(TEST_SETTINGS, (line) => story.said.push(line));
    story.environment = await story.move.environment();
    story.ledger = openLedger(story.environment.ledger, { max: 4, application: 'the move under test' });
  });
  afterAll(async () => {
    await story.move?.clients.stop();
    await story.ledger?.end();
    await story.move?.close();
  });

  prepare(story);
  copy(story);
  cutover(story);
  afterCutover(story);
  retain(story);
  retire(story);
  theEnd(story);
});
