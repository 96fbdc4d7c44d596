import { readFileSync } from 'node:fs';
import path from 'node:path';
import { STEPS } from '../../../../scripts/contract/ceph-host-steps.ts';

/**
 * The documents of Systems Manager that bring scripts/ceph-hosts/host to the hosts. Nothing is put into the
 * scripts: they are the same for every cluster, so that what a preview shows of them is a change of theirs.
 */

const SCRIPTS = path.resolve(import.meta.dirname, '../../../../scripts/ceph-hosts/host');
/** What carries the step out, and what it needs. */
const STEP_FILES = [
  'step.sh',
  'converge.py',
  'running.py',
  'nodes.py',
  'pools.py',
  'gateway.py',
  'tenants.py',
  's3.py',
];
const WATCH_FILES = ['watch.sh', 'figures.py', 'running.py'];
const STEP_HOME = '/var/lib/storage-ceph';
const WATCH_HOME = '/usr/local/lib/storage-ceph-watch';

const STEP_SECONDS = 7200;

/**
 * The document that makes a cluster so. Its parameter `plan` is the plan, compressed and in base64, which
 * is all that it lets through.
 */
export function stepDocument(): string {
  return JSON.stringify({
    schemaVersion: '2.2',
    description: 'Makes a Ceph cluster what its plan says; may be killed and run again',
    parameters: {
      plan: { type: 'String', description: 'gzip, base64', allowedPattern: '^[A-Za-z0-9+/=]+$' },
    },
    mainSteps: [
      shell('write', [
        ...STEP_FILES.flatMap((file) => writeFile(STEP_HOME, file)),
        `printf '%s' '{{ plan }}' | base64 -d | gunzip > ${STEP_HOME}/plan.json.new`,
        `mv ${STEP_HOME}/plan.json.new ${STEP_HOME}/plan.json`,
      ]),
      ...STEPS.map((step) => shell(step, [`exec bash ${STEP_HOME}/step.sh ${step}`])),
    ],
  });
}

export type WatchArgs = {
  region: string;
  /** CloudWatch's namespace, and the dimension `Cluster`. */
  namespace: string;
  cluster: string;
  /** The topic whose queue is watched. */
  topic: string;
};

/** The document that lets a host tell CloudWatch every minute how it is. */
export function watchDocument(args: WatchArgs): string {
  const words = [args.namespace, args.cluster, args.topic].join(' ');
  const service = `[Unit]
Description=Tells CloudWatch how Ceph is
[Service]
Type=oneshot
Environment=AWS_DEFAULT_REGION=${args.region}
ExecStart=/bin/bash ${WATCH_HOME}/watch.sh ${words}
`;
  const timer = `[Unit]
Description=Tells CloudWatch every minute how Ceph is
[Timer]
OnCalendar=minutely
[Install]
WantedBy=timers.target
`;
  return JSON.stringify({
    schemaVersion: '2.2',
    description: 'Installs what tells CloudWatch how a Ceph host is',
    mainSteps: [
      shell('install', [
        ...WATCH_FILES.flatMap((file) => writeFile(WATCH_HOME, file)),
        ...writeText('/etc/systemd/system/storage-ceph-watch.service', service),
        ...writeText('/etc/systemd/system/storage-ceph-watch.timer', timer),
        'systemctl daemon-reload',
        'systemctl enable --now storage-ceph-watch.timer',
      ]),
    ],
  });
}

/** The scripts by name, for those who check them. */
export function hostScripts(): Readonly<Record<string, string>> {
  return Object.fromEntries(
    [...new Set([...STEP_FILES, ...WATCH_FILES])].map((file) => [file, scriptText(file)]),
  );
}

function scriptText(file: string): string {
  return readFileSync(path.join(SCRIPTS, file), 'utf8');
}

function shell(name: string, runCommand: readonly string[]) {
  return {
    action: 'aws:runShellScript',
    name,
    onFailure: 'exit',
    inputs: { timeoutSeconds: String(STEP_SECONDS), runCommand: ['set -eu', ...runCommand] },
  };
}

/** Lines that write a script, whole or not at all: a run that is under way goes on with the old one. */
function writeFile(folder: string, file: string): string[] {
  const target = `${folder}/${file}`;
  return [
    `mkdir -p ${folder}`,
    ...writeText(`${target}.new`, scriptText(file)),
    `mv ${target}.new ${target}`,
  ];
}

function writeText(target: string, text: string): string[] {
  return [`cat > ${target} <<'END-OF-FILE'`, ...text.trimEnd().split('\n'), 'END-OF-FILE'];
}
