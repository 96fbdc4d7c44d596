import { describe, expect, it } from 'vitest';
import { programText } from '../../../../scripts/platform/supervisor/programs.ts';
import { groupStateOf } from '../../../../scripts/platform/supervisor/supervisor.ts';
import { workerPrograms } from '../../../../scripts/local/parts/workers.ts';

const folders = { log: '/h/log' };

describe('a program of the supervisor', () => {
  it('is restarted for ever, ends with the supervisor, and logs to its own file', () => {
    expect(
      programText({ name: 'images-osd-0', command: ['/usr/bin/ceph-osd', '-f', '-i', '0'] }, folders),
    ).toBe(
      `; Written by the local environment; what is changed here is lost.
[program:images-osd-0]
; The kernel ends the daemon with the supervisor: a new one must find ports and locks free.
command=/usr/bin/setpriv --pdeathsig TERM /usr/bin/ceph-osd -f -i 0
priority=999
autostart=true
autorestart=true
exitcodes=0
startsecs=1
; Each attempt comes a second later than the last: a daemon may wait for another one.
startretries=100000
stopsignal=TERM
stopwaitsecs=20
killasgroup=true
redirect_stderr=true
stdout_logfile=/h/log/images-osd-0.log
stdout_logfile_maxbytes=20MB
stdout_logfile_backups=1
`,
    );
  });

  it('quotes words and doubles the percent sign', () => {
    const text = programText(
      { name: 'a', command: ['/opt/node 24/node', 'say "x"', '100%'], environment: { FILE: '/a b/c' } },
      folders,
    );
    expect(text).toContain('--pdeathsig TERM "/opt/node 24/node" "say \\"x\\"" "100%%"\n');
    expect(text).toContain('environment=FILE="/a b/c"\n');
    expect(() => programText({ name: 'a', command: ['a\nb'] }, folders)).toThrow('a line break in "a\\nb"');
  });

  it('can be several', () => {
    const text = programText({ name: 'sync', command: ['/bin/x'], processes: 2, startAttempts: 10 }, folders);
    expect(text).toContain('numprocs=2\nprocess_name=%(program_name)s-%(process_num)d\n');
    expect(text).toContain('stdout_logfile=/h/log/sync-%(process_num)d.log\n');
    expect(text).toContain('startretries=10\n');
  });
});

describe('the workers', () => {
  const programs = workerPrograms({
    environmentFile: '/h/environment.json',
    nodeBinary: '/opt/node',
    projectFolder: '/srv/storage',
    syncWorkers: 2,
    wanted: ['capture', 'pending'],
  });

  it('are started where they are wanted', () => {
    expect(programs.map(({ name, autostart }) => [name, autostart])).toEqual([
      ['capture', true],
      ['replay', false],
      ['pending', true],
      ['hold-watch', false],
      ['sync', false],
    ]);
  });

  it('run the commands of migrate with this environment', () => {
    expect(programs[1]).toMatchObject({
      command: ['/opt/node', '/srv/storage/scripts/migrate.ts', 'replay', '--follow'],
      environment: { MIGRATE_ENVIRONMENT: '/h/environment.json' },
    });
    expect(programs.map(({ processes }) => processes ?? 1)).toEqual([2, 1, 1, 1, 2]);
    expect(programs[4]).toMatchObject({ processes: 2, restart: 'unexpected', startAttempts: 10 });
  });
});

describe('the state of a group', () => {
  const process = (state: 'RUNNING' | 'EXITED' | 'FATAL' | 'STOPPED' | 'BACKOFF', exitStatus = 0) => ({
    state,
    exitStatus,
  });
  it.each([
    ['running', [process('EXITED'), process('RUNNING')]],
    ['running', [process('BACKOFF'), process('FATAL')]],
    ['ended', [process('EXITED'), process('EXITED')]],
    ['failed', [process('EXITED'), process('FATAL')]],
    ['failed', [process('EXITED', 1)]],
    ['stopped', [process('STOPPED')]],
  ] as const)('is %s', (state, processes) => {
    expect(groupStateOf(processes)).toBe(state);
  });
});
