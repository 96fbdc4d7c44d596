export type Architecture = 'x86_64' | 'arm64';

/** Graviton's families have a `g` behind the generation's digits: m7g, im4gn, t4g; g4dn has none. */
export function architectureOf(instanceType: string): Architecture {
  return /^[a-z]+\d+g/.test(instanceType) ? 'arm64' : 'x86_64';
}

/**
 * The EKS-optimised Amazon Linux 2023 image for these instance types.
 *
 * @throws RangeError where they are of both architectures, or a GPU is wanted on Graviton
 */
export function imageType(instanceTypes: readonly string[], gpu: boolean): string {
  const architectures = [...new Set(instanceTypes.map(architectureOf))];
  const [architecture] = architectures;
  if (architecture === undefined || architectures.length > 1) {
    throw new RangeError(`must be one or more types of one architecture, got ${instanceTypes.join(', ')}`);
  }
  if (!gpu) return architecture === 'arm64' ? 'AL2023_ARM_64_STANDARD' : 'AL2023_x86_64_STANDARD';
  if (architecture === 'arm64') {
    throw new RangeError(`must be x86_64 types for the NVIDIA image, got ${instanceTypes.join(', ')}`);
  }
  return 'AL2023_x86_64_NVIDIA';
}
