/** One daemon, as supervisord runs it. */
export type Program = {
  /** Letters, digits and dashes; also the name of its group. */
  name: string;
  /** Executable with its absolute path, and its arguments. */
  command: readonly string[];
  environment?: Readonly<Record<string, string>>;
  /** The system user that it runs as; default: root. */
  user?: string;
  /** Lower ones start earlier with the supervisor and end later; default: 999. */
  priority?: number;
  /** Whether it runs whenever the supervisor does; default: yes. */
  autostart?: boolean;
  /** `unexpected`: an exit with code 0 is the end of its work, after any other it is started again. Default: always. */
  restart?: 'always' | 'unexpected';
  /** How often in a row it may die within its first second before it is given up; default: without end. */
  startAttempts?: number;
  /** What asks it to stop; default: TERM. */
  stopSignal?: 'TERM' | 'QUIT' | 'INT';
  /** What it gets from the kernel when the supervisor dies; default: what asks it to stop. */
  deathSignal?: 'KILL';
  /** How long it may take to stop before it is killed, in seconds; default: 20. */
  stopSeconds?: number;
  /** How many run side by side, as `name:name-0`, …; default: one, `name:name`. */
  processes?: number;
};

/**
 * The supervisor's own configuration. `supervisorctl -c FILE status` works with it, too.
 *
 * @param folders where the home and its parts lie; nothing in them needs quoting (claimHome saw to that)
 */
export function supervisorConfig(folders: {
  folder: string;
  run: string;
  log: string;
  supervisorPrograms: string;
}): string {
  return `; Written by the local environment; what is changed here is lost.
[unix_http_server]
file=${supervisorSocket(folders.run)}
chmod=0700

[supervisord]
logfile=${folders.log}/supervisord.log
pidfile=${folders.run}/supervisord.pid
childlogdir=${folders.log}
directory=${folders.folder}
user=root

[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface

[supervisorctl]
serverurl=unix://${supervisorSocket(folders.run)}

[include]
files=${folders.supervisorPrograms}/*.conf
`;
}

export function supervisorSocket(runFolder: string): string {
  return `${runFolder}/supervisord.sock`;
}

/**
 * The file of one program. Each program is a group of its own, so that adding one later does not touch
 * the others.
 */
export function programText(program: Program, folders: { log: string }): string {
  const environment = Object.entries(program.environment ?? {})
    .map(([name, value]) => `${name}=${quote(value)}`)
    .join(',');
  const many = program.processes !== undefined;
  return `; Written by the local environment; what is changed here is lost.
[program:${program.name}]
; The kernel ends the daemon with the supervisor: a new one must find ports and locks free.
command=/usr/bin/setpriv --pdeathsig ${program.deathSignal ?? program.stopSignal ?? 'TERM'} ${program.command.map(quote).join(' ')}
${environment === '' ? '' : `environment=${environment}\n`}${program.user === undefined ? '' : `user=${program.user}\n`}${
    many ? `numprocs=${program.processes}\nprocess_name=%(program_name)s-%(process_num)d\n` : ''
  }priority=${program.priority ?? 999}
autostart=${program.autostart ?? true}
autorestart=${program.restart === 'unexpected' ? 'unexpected' : 'true'}
exitcodes=0
startsecs=1
; Each attempt comes a second later than the last: a daemon may wait for another one.
startretries=${program.startAttempts ?? 100_000}
stopsignal=${program.stopSignal ?? 'TERM'}
stopwaitsecs=${program.stopSeconds ?? 20}
killasgroup=true
redirect_stderr=true
stdout_logfile=${folders.log}/${program.name}${many ? '-%(process_num)d' : ''}.log
stdout_logfile_maxbytes=20MB
stdout_logfile_backups=1
`;
}

/** One word of a command or the value of a variable, for supervisord: shell quotes, and % is doubled. */
function quote(word: string): string {
  if (/[\n\r]/.test(word)) throw new TypeError(`a line break in ${JSON.stringify(word)}`);
  const safe = /^[\w@+:,./-]+$/.test(word) ? word : `"${word.replace(/(["\\])/g, '\\$1')}"`;
  return safe.replaceAll('%', '%%');
}
