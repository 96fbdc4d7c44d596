import { UserError } from '../../contract/errors.ts';

/** A resource of a stack, planned or standing. */
export type StackResource = {
  urn: string;
  type: string;
  name: string;
  inputs: Readonly<Record<string, unknown>>;
  /** By property, the URNs of what its value comes from. */
  propertyDependencies: Readonly<Record<string, readonly string[]>>;
};

/** What the engine prints in place of a value that is known only after the update. */
const UNKNOWN = '04da6b54-80e4-46f7-96ec-b56ff0331ba9';
const SIGNATURE = '4dabf18193072939515e22adb298388d';
const SECRET = '1b47061264138c4ac30d75fd1eb44270';

/** What it is replaced by: somebody who only asks whether a key is given must not be told that it is not. */
const GIVEN = '(known after the update)';

/**
 * The resources in what `pulumi preview --json` or `pulumi stack export` printed. Values that are not known
 * yet, and secrets, are replaced by a text that says so.
 *
 * Throws a UserError where it is neither.
 */
export function readResources(json: string): StackResource[] {
  const states = statesOf(JSON.parse(json) as Printed);
  return states.map(({ urn, type, inputs = {}, propertyDependencies = {} }) => ({
    urn,
    type,
    name: urn.split('::').at(-1) ?? urn,
    inputs: clean(inputs) as Record<string, unknown>,
    propertyDependencies: Object.fromEntries(
      Object.entries(propertyDependencies).map(([property, urns]) => [property, urns ?? []]),
    ),
  }));
}

type State = {
  urn: string;
  type: string;
  inputs?: Record<string, unknown>;
  propertyDependencies?: Record<string, string[] | null>;
};
type Printed = {
  steps?: { op: string; newState?: State }[];
  deployment?: { resources?: (State & { delete?: boolean })[] };
};

function statesOf(printed: Printed): State[] {
  if (printed.deployment !== undefined) {
    return (printed.deployment.resources ?? []).filter((state) => state.delete !== true);
  }
  if (printed.steps === undefined) {
    throw new UserError('This is neither what `pulumi preview --json` prints nor `pulumi stack export`.');
  }
  // A replacement comes as several steps of one resource: the last says how it will be.
  const last = new Map<string, State>();
  for (const { op, newState } of printed.steps) {
    if (newState !== undefined && !op.startsWith('delete') && op !== 'discard') {
      last.set(newState.urn, newState);
    }
  }
  return [...last.values()];
}

function clean(value: unknown): unknown {
  if (value === UNKNOWN) return GIVEN;
  if (Array.isArray(value)) return value.map(clean);
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value);
  if (entries.some(([name, item]) => name === SIGNATURE && item === SECRET)) return '(secret)';
  return Object.fromEntries(entries.map(([name, item]) => [name, clean(item)]));
}
