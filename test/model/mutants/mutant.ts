import type { Deed, Plan, Story } from '../plan.ts';
import type { Blow } from '../platform/simulation.ts';

/** A guard of the migration's, broken on purpose. The search must find what it lets through. */
export type Mutant = {
  /** In words: what the code does no more, or does. */
  name: string;
  /** The invariant of design.md §4 that it is there for: the search must find that one violated. */
  invariant: 1 | 2 | 3 | 4 | 5;
  /** Where it is looked for. */
  story: Story;
  /** What is settled of every plan, where what the guard is there for is too rare to be waited for. */
  given?: Partial<Plan>;
  /** All of them are made, for guards of which one hides the other. */
  edits: readonly Edit[];
};
export type Edit = { file: string; guard: string; broken: string };

/** A guard in one place. */
export function broken(
  name: string,
  invariant: Mutant['invariant'],
  story: Story,
  file: string,
  guard: string,
  instead = '',
): Mutant {
  return { name, invariant, story, edits: [edit(file, guard, instead)] };
}

/** @param file below `scripts/` */
export function edit(file: string, guard: string, instead = ''): Edit {
  return { file: `scripts/${file}`, guard, broken: instead };
}

/** A deed of a plan that is given: at once, but for what is said. */
export function deed(what: Deed['do'], key: string, more: Partial<Deed> = {}): Deed {
  return { do: what, key, pause: 0, begins: null, lands: null, body: 1, ...more };
}

/** A blow of a plan that is given. */
export function blow(
  process: string,
  where: Blow['where'],
  at: number,
  kind: Blow['kind'],
  more: Partial<Blow> = {},
): Blow {
  return { process, where, at, kind, milliseconds: 2500, later: 2, ...more };
}
