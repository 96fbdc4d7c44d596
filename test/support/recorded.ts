import * as pulumi from '@pulumi/pulumi';

/** A resource as the engine would be asked for it. */
export type Recorded = {
  /** For example `aws:lb/loadBalancer:LoadBalancer`. */
  type: string;
  name: string;
  inputs: Record<string, unknown>;
  /** Protect, ignoreChanges, …; of components and of what has one for its ancestor. */
  options: pulumi.CustomResourceOptions;
};

export type RecordedProgram<T> = {
  value: T;
  resources: Recorded[];
  /** The only resource of this type and name. Throws where there is none, and says which there are. */
  find: (type: string, name: string) => Recorded;
  /** The inputs of all resources of a type by name, in the order of their names: registration has none. */
  all: (type: string) => Record<string, Record<string, unknown>>;
};

type State = Record<string, unknown>;
type Asked = { type: string; name: string; inputs: State };
export type RecordingOptions = {
  /** What a resource answers besides its inputs, an id and an ARN. */
  outputs?: (resource: Asked) => State;
  /** What a function of a provider (`aws:ec2/getSecurityGroup:getSecurityGroup`) answers. */
  call?: (token: string, inputs: State) => State | Promise<State>;
  /** The whole answer for a resource, in place of `outputs`; null: as without it. */
  create?: (resource: Asked) => Promise<{ id: string; state: State }> | null;
  /** Whether ids are not known yet. Default: false. */
  preview?: boolean;
};

/**
 * Runs a program on the SDK's mocks until every resource that it makes is registered, and records them.
 * The options reach the program as `transforms`: give them to every root resource whose options matter.
 */
export async function record<T>(
  program: (options: pulumi.ComponentResourceOptions) => T | Promise<T>,
  { outputs = () => ({}), call = () => ({}), create = () => null, preview = false }: RecordingOptions = {},
): Promise<RecordedProgram<T>> {
  const resources: Recorded[] = [];
  const options = new Map<string, pulumi.CustomResourceOptions>();
  const failures: unknown[] = [];
  /** The SDK hands on only that something failed, again for all that depends on it. */
  const kept = async <V>(answer: () => V | Promise<V>): Promise<V> => {
    try {
      return await answer();
    } catch (error) {
      failures.push(error);
      throw error;
    }
  };
  const identity = (type: string, name: string) => `${type} ${name}`;
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs: given }) => {
        const inputs = given as State;
        resources.push({ type, name, inputs, options: options.get(identity(type, name)) ?? {} });
        const state = {
          arn: `arn:aws:${type.split(':')[1] ?? ''}:us-east-1:111122223333:${name}`,
          ...inputs,
          ...outputs({ type, name, inputs }),
        };
        return kept(() => create({ type, name, inputs }) ?? { id: `${name}-id`, state });
      },
      call: ({ token, inputs }) => kept(() => call(token, inputs as State)),
    },
    'storage',
    'test',
    preview,
  );
  const transformation: pulumi.ResourceTransformation = ({ type, name, opts }) => {
    options.set(identity(type, name), opts);
    return undefined;
  };
  let value: T;
  try {
    value = await program({ transformations: [transformation] });
  } finally {
    // A program that throws leaves registrations under way too: the next one must not answer them.
    await pulumi.runtime.disconnect().catch((error: unknown) => failures.push(error));
  }
  if (failures.length > 0) throw failures[0];
  return {
    value,
    resources,
    find: (type, name) => {
      const found = resources.filter((resource) => resource.type === type && resource.name === name);
      if (found.length === 1 && found[0] !== undefined) return found[0];
      const names = resources.map((resource) => `${resource.type} ${resource.name}`).join('\n  ');
      throw new Error(`${found.length} resources are ${identity(type, name)}; there are:\n  ${names}`);
    },
    all: (type) =>
      Object.fromEntries(
        resources
          .filter((resource) => resource.type === type)
          .sort((a, b) => (a.name < b.name ? -1 : 1))
          .map((resource) => [resource.name, resource.inputs]),
      ),
  };
}

/** The value of an output, on mocks. */
export function valueOf<T>(output: pulumi.Output<T>): Promise<T> {
  return new Promise((resolve) => output.apply(resolve));
}
