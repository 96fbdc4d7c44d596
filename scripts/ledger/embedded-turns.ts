import type { EmbeddedPool } from './embedded.ts';
import type { HeldLock } from './locks.ts';

/** The turn at each lock: resolved when it is given back. */
const turns = new Map<string, Promise<void>>();

/**
 * The locks of a ledger in a folder. PostgreSQL's own would not keep two of us apart, because all our
 * connections are one session there; and nobody else is there, because the folder is locked for the process.
 */
export async function takeEmbeddedLock(
  { folder }: EmbeddedPool,
  name: string,
  options: { wait: boolean; onWait?: (holder: string) => void },
): Promise<HeldLock | null> {
  const id = `${folder}\0${name}`;
  for (let said = false; ; said = true) {
    const taken = turns.get(id);
    if (taken === undefined) break;
    if (!options.wait) return null;
    if (!said) options.onWait?.('this process');
    await taken;
  }
  const { promise, resolve } = Promise.withResolvers<void>();
  turns.set(id, promise);
  return {
    assertHeld: () => undefined,
    release() {
      if (turns.get(id) === promise) turns.delete(id);
      resolve();
    },
  };
}
