/**
 * By rule, the names of the resources that the engine says it stops:
 * `[mandatory] [severity: HIGH]  RULE  (TYPE: NAME)`.
 */
export function violations(output: string): Record<string, string[]> {
  const found: Record<string, string[]> = {};
  for (const [, rule = '', name = ''] of output.matchAll(
    /\[mandatory\]\s+(?:\[severity: \w+\]\s+)?(\S+)\s+\(\S+: (\S+)\)/g,
  )) {
    found[rule] = [...new Set([...(found[rule] ?? []), name])].toSorted();
  }
  return found;
}
