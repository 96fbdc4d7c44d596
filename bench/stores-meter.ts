import { readdir, readFile } from 'node:fs/promises';

/** Ticks of the processor in a second, as /proc counts them: 100 on every Linux that Node runs on. */
const TICKS = 100;

/** Processor seconds, user and system, that the Ceph daemons of a local home have taken so far. */
export async function storesProcessorSeconds(home: string): Promise<number> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const taken = await Promise.all(pids.map((pid) => processorSeconds(pid, `${home}/ceph/`)));
  return taken.reduce((sum, seconds) => sum + seconds, 0);
}

async function processorSeconds(pid: string, mark: string): Promise<number> {
  try {
    if (!(await readFile(`/proc/${pid}/cmdline`, 'utf8')).includes(mark)) return 0;
    // The second field is the name in parentheses, which may hold anything; utime and stime are the 14th and 15th.
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    const [user, system] = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .slice(11, 13);
    return (Number(user) + Number(system)) / TICKS;
  } catch {
    return 0; // ended meanwhile
  }
}
