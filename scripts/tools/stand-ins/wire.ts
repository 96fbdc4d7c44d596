import pulumi from '@pulumi/pulumi';

const { isRpcSecret, specialSecretSig, specialSigKey, unknownValue, unwrapRpcSecret } = pulumi.runtime;

/** Properties as they come over the wire: secrets are marked, what is not known yet is `UNKNOWN`. */
export type Wire = Record<string, unknown>;

/** In a preview, a value that is known only when the resource is made. */
export const UNKNOWN: string = unknownValue;

/** Whether a value itself is marked secret. */
export function isSecret(value: unknown): boolean {
  return isRpcSecret(value);
}

export function isMap(value: unknown): value is Wire {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isSecret(value);
}

/** A value with each of its parts changed. */
export function mapParts(value: unknown, change: (part: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map(change);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, change(part)]));
}

/** A value without the marks that make it, or parts of it, secret on the wire. */
export function plain(value: unknown): unknown {
  return isSecret(value) ? plain(unwrapRpcSecret(value)) : mapParts(value, plain);
}

/** Whether a value, or any part of it, is marked secret. */
export function hasSecret(value: unknown): boolean {
  return (
    isSecret(value) || (typeof value === 'object' && value !== null && Object.values(value).some(hasSecret))
  );
}

/** Marks a value secret. */
export function secret(value: unknown): unknown {
  return { [specialSigKey]: specialSecretSig, value };
}

/** Inputs without what the SDK notes in them (`__defaults`). */
export function withoutMarks(inputs: Wire): Wire {
  return Object.fromEntries(Object.entries(inputs).filter(([name]) => !name.startsWith('__')));
}

/** A provider's arguments without its version, which the engine adds. */
export function withoutVersion(config: Wire): Wire {
  return Object.fromEntries(Object.entries(config).filter(([name]) => name !== 'version'));
}
