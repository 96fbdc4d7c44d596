import { mkdtemp, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { processesOf, takeDown } from '../../../../scripts/local/parts/down.ts';
import { claimHome } from '../../../../scripts/local/parts/home.ts';
import type { Home } from '../../../../scripts/contract/local/home-paths.ts';
import type { Supervisor } from '../../../../scripts/platform/supervisor/supervisor.ts';
import {
  ensureSupervisor,
  groupState,
  startGroup,
} from '../../../../scripts/platform/supervisor/supervisor.ts';

const sleeper = (name: string, seconds = '1000') => ({ name, command: ['/bin/sleep', seconds] });
const deadline = { deadlineSeconds: 20 };

let home: Home;
let supervisor: Supervisor;
beforeAll(async () => {
  home = await claimHome(path.join(await mkdtemp('/tmp/supervisor-'), 'h'));
  supervisor = await ensureSupervisor(home);
});
afterAll(async () => {
  await takeDown(home.folder, { log: () => undefined });
  await rm(path.dirname(home.folder), { recursive: true });
}, 60_000); // the supervisor gives each program its time to end

async function pidOf(name: string): Promise<number> {
  return (await supervisor.processes()).find((process) => process.name === name)?.pid ?? 0;
}

describe('the supervisor', () => {
  it('is started once', async () => {
    const pid = await supervisor.pid();
    const again = await Promise.all([ensureSupervisor(home), ensureSupervisor(home)]);
    expect(await again[0].pid()).toBe(pid);
  });

  it('adds programs, leaves alone what is the same, and restarts what changed', async () => {
    await supervisor.bring([sleeper('one'), sleeper('two')], deadline);
    const [one, two] = [await pidOf('one'), await pidOf('two')];
    expect(one).toBeGreaterThan(0);
    await supervisor.bring([sleeper('one'), sleeper('two', '2000')], deadline);
    expect(await pidOf('one')).toBe(one);
    expect(await pidOf('two')).not.toBe(two);
  });

  it('takes programs of several at the same time', async () => {
    const names = ['p', 'q', 'r', 's'];
    await Promise.all(names.map((name) => supervisor.bring([sleeper(name)], deadline)));
    for (const name of names) expect(await pidOf(name)).toBeGreaterThan(0);
  });

  it('brings back what was killed, and what somebody stopped', async () => {
    await supervisor.bring([sleeper('killed'), sleeper('stopped')], deadline);
    const before = await pidOf('killed');
    process.kill(before, 'SIGKILL');
    await expect.poll(() => pidOf('killed'), { timeout: 10_000 }).not.toBe(before);
    await supervisor.stop('stopped');
    await supervisor.bring([sleeper('killed'), sleeper('stopped')], deadline);
    expect(await pidOf('stopped')).toBeGreaterThan(0);
  });

  it('says why a program does not run', async () => {
    const broken = { name: 'broken', command: ['/bin/sh', '-c', 'echo no disk; exit 1'] };
    await expect(supervisor.bring([broken], { deadlineSeconds: 1 })).rejects.toThrow(
      /broken does not run \(\w+\) after 1 s\. Its log, \S+broken\.log, ends:\nno disk/,
    );
    await supervisor.stop('broken');
  });

  it('gives programs a clean environment', async () => {
    await supervisor.bring([sleeper('clean')], deadline);
    const environment = await readFile(`/proc/${await pidOf('clean')}/environ`, 'utf8');
    const names = environment.split('\0').map((pair) => pair.split('=')[0]);
    expect(names.filter((name) => /^AWS_|proxy$|^NODE_/i.test(name ?? ''))).toEqual([]);
  });
});

describe('a group', () => {
  it('is started, ends by itself or is stopped, and says so', async () => {
    const program = { ...sleeper('work'), autostart: false, restart: 'unexpected', processes: 2 } as const;
    await supervisor.apply([program]);
    expect(await groupState(home.supervisorConfig, 'work')).toBe('stopped');
    await startGroup(home.supervisorConfig, 'work');
    expect(await groupState(home.supervisorConfig, 'work')).toBe('running');
    await startGroup(home.supervisorConfig, 'work');
    await supervisor.stop('work');
    expect(await groupState(home.supervisorConfig, 'work')).toBe('stopped');
    await supervisor.stop('no-such-group');
    await expect(startGroup(home.supervisorConfig, 'no-such-group')).rejects.toThrow(
      'has no group "no-such-group"',
    );
  });
});

describe('a supervisor that was killed', () => {
  it('takes its daemons along, and the next one starts them again', async () => {
    const program = { ...sleeper('daemon'), deathSignal: 'KILL' } as const;
    await supervisor.bring([program], deadline);
    const daemon = await pidOf('daemon');
    process.kill(await supervisor.pid(), 'SIGKILL');
    await expect.poll(() => readFile(`/proc/${daemon}/cmdline`, 'utf8').catch(() => '')).toBe('');
    supervisor = await ensureSupervisor(home);
    await supervisor.bring([program], deadline);
    expect(await pidOf('daemon')).not.toBe(daemon);
    expect((await processesOf(home.folder)).length).toBeGreaterThan(0);
  });
});
