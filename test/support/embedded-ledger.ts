import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { openLedger } from '../../scripts/ledger/connect.ts';
import type { Pool } from '../../scripts/ledger/database.ts';
import { closeEmbeddedLedgers } from '../../scripts/ledger/embedded.ts';
import { migrateLedger } from '../../scripts/ledger/migrations.ts';

/** WebAssembly is compiled first, which takes its time on a busy machine. */
export const EMBEDDED_LIMIT_MS = 120_000;

/** A ledger of its own that is whole and empty, for tests that need no server. */
export async function openEmbeddedLedger(): Promise<{ ledger: Pool; close: () => Promise<void> }> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'storage-ledger-'));
  const ledger = openLedger({ kind: 'embedded', folder: path.join(folder, 'ledger') });
  await migrateLedger(ledger);
  const close = async () => {
    await ledger.end();
    await closeEmbeddedLedgers();
    await rm(folder, { recursive: true, force: true });
  };
  return { ledger, close };
}
