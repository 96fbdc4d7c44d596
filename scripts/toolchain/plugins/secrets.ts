import pulumi from '@pulumi/pulumi';

const { isRpcSecret, specialSecretSig, specialSigKey, unwrapRpcSecret } = pulumi.runtime;

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
