/** What preflight found. A blocking one keeps the move from beginning; a warning must be read. */
export type PreflightFinding = {
  severity: 'blocking' | 'warning';
  /** What was looked at, for example `source images`. */
  about: string;
  /** What was found, and what to do. */
  message: string;
};

export const blocking = (about: string, message: string): PreflightFinding => ({
  severity: 'blocking',
  about,
  message,
});
export const warning = (about: string, message: string): PreflightFinding => ({
  severity: 'warning',
  about,
  message,
});

/** The findings as a table for a person, the blocking ones first. */
export function describeFindings(findings: readonly PreflightFinding[]): string {
  if (findings.length === 0) return 'preflight: nothing is in the way';
  const sorted = [...findings].sort((a, b) => a.severity.localeCompare(b.severity));
  const width = Math.max(...sorted.map(({ about }) => about.length));
  const lines = sorted.map(
    ({ severity, about, message }) => `${severity.padEnd(8)}  ${about.padEnd(width)}  ${message}`,
  );
  const count = findings.filter(({ severity }) => severity === 'blocking').length;
  return [...lines, '', `preflight: ${count} blocking, ${findings.length - count} warnings`].join('\n');
}
