import type { Certificate, Finding, FindingsDocument } from '../../ledger/certificates.ts';

/** What a certificate says, for a person: one head line, what it counted, and the findings as a table. */
export function describeCertificate(certificate: Certificate): string {
  const { kind, move, findings, document } = certificate;
  const verdict = findings === 0 ? 'clean' : `${findings} findings`;
  const lines = [
    `${kind} certificate ${certificate.id} of ${move}: ${verdict}`,
    `  ${text(document['objects'])} objects, ${text(document['bytes'])} bytes at the source, digest ${text(document['digest'])}`,
    `  horizon ${certificate.horizon}, epoch ${certificate.epoch}, ${text(document['seconds'])} s`,
  ];
  const classes = document['classes'];
  if (classes !== undefined) {
    const counts = Object.entries(classes as Record<string, number>).map(([name, n]) => `${n} ${name}`);
    lines.push(`  ${counts.join(', ')}`);
  }
  const moving = document['moving'] as { count: number } | undefined;
  if (moving !== undefined && moving.count > 0) {
    lines.push(
      `  ${moving.count} keys were being changed: replay had not handled them, and the next certificate compares them again`,
    );
  }
  const waived = document['waived'] as { total: number; listed: Finding[] } | undefined;
  if (waived !== undefined && waived.total > 0) {
    lines.push(`  ${waived.total} waived by name`);
  }
  const found = document['findings'] as FindingsDocument | undefined;
  if (found !== undefined && found.total > 0) lines.push('', ...table(found.listed));
  if (found?.file !== undefined) lines.push(`… all ${found.total} are in ${found.file}`);
  return lines.join('\n');
}

/** Keys as JSON text, so that spaces, newlines and look-alikes are seen. */
function table(findings: Finding[]): string[] {
  const keys = findings.map(({ key }) => JSON.stringify(key));
  const width = Math.min(60, Math.max(3, ...keys.map((key) => key.length)));
  return [
    `  ${'KEY'.padEnd(width)}  DIFFERS`,
    ...findings.map(({ differs }, index) => `  ${(keys[index] ?? '').padEnd(width)}  ${differs.join(', ')}`),
  ];
}

function text(value: unknown): string {
  return typeof value === 'number' || typeof value === 'string' ? String(value) : '?';
}

/** The certificate as JSON; 64-bit numbers as text. */
export function certificateJson(certificate: Certificate): string {
  return JSON.stringify(
    certificate,
    (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value),
    2,
  );
}
