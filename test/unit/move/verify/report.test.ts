import { expect, test } from 'vitest';
import type { Certificate } from '../../../../scripts/ledger/certificates.ts';
import { certificateJson, describeCertificate } from '../../../../scripts/move/verify/report.ts';

const certificate = (document: Record<string, unknown>, findings = 0): Certificate => ({
  id: 7n,
  kind: 'containment',
  move: 'images',
  at: new Date('2026-01-01T00:00:00Z'),
  epoch: 2n,
  horizon: '99',
  findings,
  document: { objects: 3, bytes: 30, digest: 'abc', seconds: 1.5, ...document },
});

test('a clean one in four lines', () => {
  expect(describeCertificate(certificate({ classes: { equal: 2, superseded: 1 } }))).toBe(
    [
      'containment certificate 7 of images: clean',
      '  3 objects, 30 bytes at the source, digest abc',
      '  horizon 99, epoch 2, 1.5 s',
      '  2 equal, 1 superseded',
    ].join('\n'),
  );
});

test('findings are a table of keys, written so that look-alikes are seen', () => {
  const findings = {
    total: 2,
    listed: [
      { key: 'a b\n', differs: ['size', 'etag'] },
      { key: 'c', differs: ['tags'] },
    ],
  };
  const lines = describeCertificate(certificate({ findings }, 2)).split('\n');
  expect(lines[0]).toBe('containment certificate 7 of images: 2 findings');
  expect(lines.slice(-3)).toEqual(['  KEY      DIFFERS', '  "a b\\n"  size, etag', '  "c"      tags']);
});

test('moving and waived keys and the file are named', () => {
  const text = describeCertificate(
    certificate(
      {
        moving: { count: 4 },
        waived: { total: 1, listed: [] },
        findings: { total: 300, listed: [], file: '/x.jsonl' },
      },
      300,
    ),
  );
  expect(text).toContain(
    '  4 keys were being changed: replay had not handled them, and the next certificate compares them again',
  );
  expect(text).toContain('  1 waived by name');
  expect(text).toContain('… all 300 are in /x.jsonl');
});

test('as JSON, 64-bit numbers are text', () => {
  expect(JSON.parse(certificateJson(certificate({})))).toMatchObject({ id: '7', epoch: '2', findings: 0 });
});
