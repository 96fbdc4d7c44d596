import { execa } from 'execa';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  hostScripts,
  stepDocument,
  watchDocument,
} from '../../../../../infra/storage/ceph/plan/host-documents.ts';
import { STEPS } from '../../../../../scripts/contract/ceph-host-steps.ts';
import { hostUserData } from '../../../../../infra/storage/ceph/plan/host-user-data.ts';
import { ensureTestPackages } from '../../../../support/packages.ts';

/** Installing takes minutes, once. */
beforeAll(ensureTestPackages, 600_000);

type Document = {
  parameters?: Record<string, { allowedPattern: string }>;
  mainSteps: { name: string; action: string; onFailure: string; inputs: { runCommand: string[] } }[];
};
const userData = hostUserData({
  name: 'cold-3',
  region: 'us-east-1',
  keyParameter: '/storage/prod/ceph/images/ssh-public-key',
});
const watch = watchDocument({
  region: 'us-east-1',
  namespace: 'Storage/Ceph',
  cluster: 'images',
  topic: 'storage-events',
});
const commandsOf = (text: string) =>
  (JSON.parse(text) as Document).mainSteps.map(
    ({ name, inputs }) => [name, inputs.runCommand.join('\n')] as const,
  );
const shellTexts: [string, string][] = [
  ['user-data', userData],
  ...commandsOf(stepDocument()).map(([name, text]): [string, string] => [
    `step ${name}`,
    `#!/bin/bash\n${text}`,
  ]),
  ...commandsOf(watch).map(([name, text]): [string, string] => [`watch ${name}`, `#!/bin/bash\n${text}`]),
  ...Object.entries(hostScripts()).filter(([name]) => name.endsWith('.sh')),
];

describe('shell', () => {
  test.each(shellTexts)('%s: bash reads it, shellcheck finds nothing', async (_, text) => {
    await execa('bash', ['-n'], { input: text });
    const { stdout } = await execa('shellcheck', ['--shell=bash', '-'], { input: text, reject: false });
    expect(stdout).toBe('');
  });

  test('shellcheck sees what is wrong', async () => {
    const { stdout } = await execa('shellcheck', ['--shell=bash', '-'], {
      input: 'rm -rf $1/x\n',
      reject: false,
    });
    expect(stdout).toContain('SC2086');
  });
});

test.each(Object.entries(hostScripts()).filter(([name]) => name.endsWith('.py')))(
  '%s: Python reads it',
  async (_, text) => {
    await execa('/usr/bin/python3', ['-c', 'import ast, sys; ast.parse(sys.stdin.read())'], { input: text });
  },
);

describe('the document of the step', () => {
  const document = JSON.parse(stepDocument()) as Document;

  test('writes the scripts and the plan, then does each part; a part that fails ends it', () => {
    expect(document.mainSteps.map(({ name }) => name)).toEqual(['write', ...STEPS]);
    for (const step of document.mainSteps) {
      expect(step).toMatchObject({ action: 'aws:runShellScript', onFailure: 'exit' });
    }
  });

  test('lets nothing but base64 through, and takes it in one place', () => {
    expect(document.parameters).toEqual({
      plan: { type: 'String', description: 'gzip, base64', allowedPattern: '^[A-Za-z0-9+/=]+$' },
    });
    // Systems Manager puts parameters wherever it finds two braces.
    expect(stepDocument().match(/\{\{/g)).toHaveLength(1);
  });

  test('fits into what Systems Manager takes', () => {
    expect(Buffer.byteLength(stepDocument())).toBeLessThan(64 * 1024);
  });

  test('writes the scripts byte by byte', async () => {
    const [, write = ''] = commandsOf(stepDocument())[0] ?? [];
    const { stdout } = await execa(
      'bash',
      [
        '-c',
        'cd "$(mktemp -d)" && sed "s#/var/lib/storage-ceph#$PWD/home#g" > write && bash write >/dev/null 2>&1; cat home/step.sh; rm -r "$PWD"',
      ],
      {
        input: write.replace("printf '%s' '{{ plan }}' | base64 -d | gunzip", "printf '{}'"),
        stripFinalNewline: false,
      },
    );
    const home = /HOME_FOLDER=\$\{STORAGE_CEPH_HOME:-(.*?)\}/.exec(stdout)?.[1] ?? '';
    expect(stdout.replaceAll(home, '/var/lib/storage-ceph')).toBe(hostScripts()['step.sh']);
  });
});

describe('user data', () => {
  test('prepares and does nothing else: a host that is replaced runs it again', () => {
    expect(userData).toContain('hostnamectl set-hostname cold-3\n');
    expect(userData).not.toMatch(/bootstrap|ceph-volume|mkfs|wipefs|cephadm shell|orch/);
  });
  test('differs between hosts by their names alone, so that a group stays one', () => {
    const other = hostUserData({
      name: 'cold-4',
      region: 'us-east-1',
      keyParameter: '/storage/prod/ceph/images/ssh-public-key',
    });
    expect(other.replaceAll('cold-4', 'cold-3')).toBe(userData);
  });
});
