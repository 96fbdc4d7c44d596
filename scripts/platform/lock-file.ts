import { createHash } from 'node:crypto';
import { connect, createServer, type Socket } from 'node:net';

/**
 * One at a time on this machine: a killed update leaves its commands running, and the next one must not
 * work beside them. The lock is a socket in the abstract namespace, which the kernel frees when its
 * process dies, however it dies.
 *
 * @param name   for example a home and a part; any length
 * @param onWait called once where another process has it
 */
export async function withLock<T>(name: string, work: () => Promise<T>, onWait?: () => void): Promise<T> {
  const address = addressOf(name);
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

/**
 * The same for a lock that nobody waits for.
 *
 * @returns what gives it back, or the number of the process that has it
 */
export async function tryLock(name: string): Promise<(() => void) | number> {
  const address = addressOf(name);
  for (;;) {
    const release = await take(address);
    if (release !== undefined) return release;
    const holder = await holderOf(address);
    if (holder !== undefined) return holder;
  }
}

function addressOf(name: string): string {
  return `\0storage-local-${createHash('sha256').update(name).digest('hex').slice(0, 32)}`;
}

/** Resolves to what gives the lock back, or to undefined where another process has it. */
function take(address: string): Promise<(() => void) | undefined> {
  return new Promise((resolve, reject) => {
    // Those who wait keep a connection open; its end tells them that the lock is free.
    const waiting = new Set<Socket>();
    const server = createServer((socket) => {
      waiting.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => waiting.delete(socket));
      socket.write(String(process.pid));
    });
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error),
    );
    server.unref();
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
    socket.resume();
  });
}

/** The process that has the lock; undefined where it gave it back meanwhile. */
function holderOf(address: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    const socket = connect(address);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => resolve(undefined));
    socket.once('data', (pid) => {
      resolve(Number(pid));
      socket.destroy();
    });
  });
}
