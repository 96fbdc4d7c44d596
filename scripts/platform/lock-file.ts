import { createHash } from 'node:crypto';
import { connect, createServer, type Socket } from 'node:net';

/**
 * One at a time on this machine: a killed update leaves its commands running, and the next one must not
 * work beside them. The lock is a socket in the abstract namespace, which the kernel frees when its
 * process dies, however it dies.
 *
 * @param name   for example a home and a part; any length
 * @param onWait called once where somebody else has it
 */
export async function withLock<T>(name: string, work: () => Promise<T>, onWait?: () => void): Promise<T> {
  const address = `\0storage-local-${createHash('sha256').update(name).digest('hex').slice(0, 32)}`;
  let release = await take(address);
  if (release === undefined) onWait?.();
  while (release === undefined) {
    await freed(address);
    release = await take(address);
  }
  try {
    return await work();
  } finally {
    release();
  }
}

/** Resolves to what gives the lock back, or to undefined where somebody else has it. */
function take(address: string): Promise<(() => void) | undefined> {
  return new Promise((resolve, reject) => {
    // Whoever waits keeps a connection open; its end tells that the lock is free.
    const waiting = new Set<Socket>();
    const server = createServer((socket) => {
      waiting.add(socket);
      socket.on('error', () => socket.destroy());
    });
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error),
    );
    server.listen(address, () =>
      resolve(() => {
        server.close();
        for (const socket of waiting) socket.destroy();
      }),
    );
  });
}

function freed(address: string): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(address);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => resolve());
  });
}
