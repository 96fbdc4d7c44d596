import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { withLock } from '../../../../scripts/platform/lock-file.ts';
import { lockRun } from '../../../../scripts/local/run-lock.ts';
import { assertPortsFree, listeningInodes, ownerOf } from '../../../../scripts/local/parts/ports.ts';

describe('the lock', () => {
  it('lets one in at a time, also after an error', async () => {
    const name = `test ${process.pid}`;
    const order: string[] = [];
    const gate = Promise.withResolvers<void>();
    let waited = 0;
    const first = withLock(name, async () => {
      order.push('first begins');
      await gate.promise;
      order.push('first ends');
      throw new Error('first failed');
    });
    const second = withLock(
      name,
      () => Promise.resolve(void order.push('second')),
      () => {
        waited += 1;
        gate.resolve();
      },
    );
    await expect(first).rejects.toThrow('first failed');
    await second;
    expect(order).toEqual(['first begins', 'first ends', 'second']);
    expect(waited).toBe(1);
  });

  it('of a run refuses a second one by the number of the first, until that ends', async () => {
    const home = `/home/of/test/${process.pid}`;
    const unlock = await lockRun(home);
    await expect(lockRun(home)).rejects.toThrow(
      `Another run (process ${process.pid}) is at work on ${home}.`,
    );
    unlock();
    (await lockRun(home))();
  });

  it('is free as soon as the process that had it is killed', async () => {
    const name = `test killed ${process.pid}`;
    const module = path.resolve(import.meta.dirname, '../../../../scripts/platform/lock-file.ts');
    const holder = spawn(
      process.execPath,
      [
        '--input-type=module',
        '-e',
        `import { withLock } from ${JSON.stringify(module)};
         await withLock(${JSON.stringify(name)}, () => { console.log('held'); return new Promise(() => setInterval(() => 0, 1000)); });`,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    await once(holder.stdout, 'data');
    const answer = withLock(
      name,
      () => Promise.resolve('mine'),
      () => holder.kill('SIGKILL'),
    );
    expect(await answer).toBe('mine');
  });
});

describe('ports', () => {
  it('in use are named with their owner', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    try {
      const owner = await ownerOf(port);
      expect(owner).toEqual({ name: path.basename(process.execPath), pid: process.pid });
      await expect(assertPortsFree([port])).rejects.toThrow(
        `Port ${port} on 127.0.0.1 is in use by ${owner?.name} (pid ${process.pid}). Stop it, or move all our ports: pulumi config set storage:portBase NUMBER.`,
      );
    } finally {
      server.close();
      await once(server, 'close');
    }
    await assertPortsFree([port]);
  });

  it('are found in the kernel’s table by number and state', () => {
    const table = [
      '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode',
      '   0: 0100007F:1D38 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1',
      '   1: 0100007F:1D38 0100007F:A1B2 01 00000000:00000000 00:00000000 00000000     0        0 4712 1',
      '   2: 0100007F:1D39 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4713 1',
    ].join('\n');
    expect(listeningInodes(table, 7480)).toEqual(['4711']);
  });
});
