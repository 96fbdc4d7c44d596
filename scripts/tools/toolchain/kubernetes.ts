import { mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { messageOf, UserError } from '../../contract/errors.ts';
import { ensureDebianPackages } from './debian.ts';
import { findExecutable, isExecutable } from './executables.ts';
import { incomingFolder, toolchainFolder, withLock } from './folder.mjs';
import { checkGo, goBuild, type GoTool } from './go-build.ts';

/** The newest version that EKS and our settings offer. */
export const KUBERNETES_VERSION = '1.34.2';

const API_SERVER: GoTool = {
  module: 'kubernetes',
  main: 'k8s.io/kubernetes/cmd/kube-apiserver',
  version: KUBERNETES_VERSION,
  versionVariables: ['k8s.io/component-base/version.gitVersion', 'k8s.io/client-go/pkg/version.gitVersion'],
};
/** What go.mod asks for. */
const WANTED_GO = '1.24.0';
const BY_HAND = `Or put kube-apiserver ${KUBERNETES_VERSION} on PATH (https://kubernetes.io/releases/download/).`;

export type KubernetesPrograms = { apiServer: string; etcd: string };

/**
 * A Kubernetes API server and the etcd that it keeps its objects in: those on PATH, else etcd from Debian and
 * an API server built from its Go module (four minutes, once). An API server of another minor version is set
 * aside: it knows other fields.
 *
 * Throws a UserError that says what to install by hand.
 */
export async function ensureKubernetes({
  log,
}: {
  log: (line: string) => void;
}): Promise<KubernetesPrograms> {
  const etcd = (await findExecutable('etcd')) ?? (await installEtcd(log));
  const onPath = await apiServerOnPath(log);
  if (onPath !== null) return { apiServer: onPath, etcd };
  const folder = toolchainFolder();
  const target = path.join(folder, `kubernetes-${KUBERNETES_VERSION}`);
  const apiServer = path.join(target, 'bin', 'kube-apiserver');
  if (await isExecutable(apiServer)) return { apiServer, etcd };
  const lock = path.join(folder, 'kubernetes.lock');
  await withLock(lock, { what: 'it builds Kubernetes', log }, async (hold) => {
    if (await isExecutable(apiServer)) return;
    await checkGo({ what: 'Kubernetes', wantedGo: WANTED_GO, byHand: BY_HAND });
    const incoming = incomingFolder(target);
    await mkdir(path.join(incoming, 'bin'));
    try {
      await goBuild(API_SERVER, path.join(incoming, 'bin', 'kube-apiserver'), { hold, log });
    } catch (error) {
      throw new UserError(`Kubernetes cannot be built: ${messageOf(error)}\n${BY_HAND}`, {
        exitCode: 3,
        cause: error,
      });
    }
    await rm(target, { recursive: true, force: true });
    await rename(incoming, target);
  });
  return { apiServer, etcd };
}

async function installEtcd(log: (line: string) => void): Promise<string> {
  await ensureDebianPackages(
    [{ package: 'etcd-server', why: "keeps the objects of the tests' Kubernetes API server" }],
    { log },
  );
  const etcd = await findExecutable('etcd');
  if (etcd === null) throw new UserError('etcd was installed and is not on PATH.', { exitCode: 3 });
  return etcd;
}

async function apiServerOnPath(log: (line: string) => void): Promise<string | null> {
  const command = await findExecutable('kube-apiserver');
  if (command === null) return null;
  const { stdout = '' } = await execa(command, ['--version'], { reject: false, timeout: 30_000 });
  const minor = KUBERNETES_VERSION.replace(/\.\d+$/, '');
  if (stdout.includes(` v${minor}.`)) return command;
  log(`${command} is set aside: it is ${stdout === '' ? 'not runnable' : stdout}, ${minor} is needed.`);
  return null;
}
