import type { PropertyChange } from './changes.ts';
import type { Wire } from './wire.ts';

export type Failure = { property: string; reason: string };

export type Diff = {
  /** `replaces`: whether the change takes a new resource. */
  changes: (PropertyChange & { replaces: boolean })[];
  deleteBeforeReplace: boolean;
};

/**
 * What a provider that records does. Richer than the Provider of `@pulumi/pulumi/provider`, whose server keeps
 * from it what the real ones have: their configuration, that this is a preview, the inputs of before.
 */
export type RecordingProvider = {
  version: string;
  /** What is wrong with the provider's own arguments. */
  checkConfig(inputs: Wire): Failure[];
  configure(config: Wire): void;
  check(request: {
    urn: string;
    olds: Wire | null;
    news: Wire;
  }): Promise<{ inputs: Wire; failures: Failure[] }>;
  diff(request: { urn: string; oldInputs: Wire; news: Wire }): Diff;
  create(request: { urn: string; inputs: Wire; preview: boolean }): Promise<{ id: string; properties: Wire }>;
  update(request: {
    urn: string;
    id: string;
    oldInputs: Wire;
    olds: Wire;
    news: Wire;
    preview: boolean;
  }): Promise<Wire>;
  /** Null where there is no such resource (any more). */
  read(request: {
    urn: string;
    id: string;
    inputs: Wire;
    properties: Wire;
  }): Promise<{ inputs: Wire; properties: Wire } | null>;
  delete(request: { urn: string; id: string; properties: Wire }): Promise<void>;
  invoke(token: string, args: Wire): Promise<Wire>;
};

export function typeOf(urn: string): string {
  return urn.split('::')[2]?.split('$').at(-1) ?? '';
}

export function nameOf(urn: string): string {
  return urn.split('::').slice(3).join('::');
}

/** STACK of urn:pulumi:STACK::PROJECT::… */
export function stackOf(urn: string): string {
  return urn.split('::')[0]?.split(':')[2] ?? '';
}
