import pulumi from '@pulumi/pulumi';

const { isRpcSecret, specialSecretSig, specialSigKey, unknownValue, unwrapRpcSecret } = pulumi.runtime;

/** Stands, in a preview, for what is known only when the resource is made. */
export const UNKNOWN: string = unknownValue;

/** Whether a value itself is marked secret. */
export function isRpcSecretValue(value: unknown): boolean {
  return isRpcSecret(value);
}

/** A value without the marks that make it, or parts of it, secret on the wire. */
export function plain(value: unknown): unknown {
  if (isRpcSecret(value)) {
    return plain(unwrapRpcSecret(value));
  }
  if (Array.isArray(value)) {
    return value.map(plain);
  }
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, plain(part)]));
  }
  return value;
}

/** Whether a value, or any part of it, is marked secret. */
export function hasSecret(value: unknown): boolean {
  return (
    isRpcSecret(value) ||
    (typeof value === 'object' && value !== null && Object.values(value).some(hasSecret))
  );
}

/** Marks a value secret. */
export function secret(value: unknown): unknown {
  return { [specialSigKey]: specialSecretSig, value };
}
