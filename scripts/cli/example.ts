/** The end of a command's help. A command over several lines is one for the shell. */
export function example(...lines: readonly string[]): string {
  return `\nExample:\n  ${lines.join(' \\\n    ')}`;
}

/** Two endpoints, as examples name them. */
export const ON_TWO_STORES = [
  '--source s3://photos --source-profile old',
  '--target s3://photos --target-profile new',
];
