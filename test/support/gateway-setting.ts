import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { clusterFolders } from '../../scripts/contract/local/cluster-folders.ts';
import { TEST_SETTINGS } from './local-environment.ts';

type Cluster = 'source' | 'images' | 'metadata';

/**
 * Gives a setting of a local cluster's RGWs another value while `work` goes on, for what the local environment
 * does otherwise: each obeys at once.
 */
export async function withGatewaySetting<T>(
  cluster: Cluster,
  name: string,
  value: string,
  work: () => Promise<T>,
): Promise<T> {
  const { run } = clusterFolders(TEST_SETTINGS.home, cluster);
  const sockets = (await readdir(run)).filter((file) => /^client\.rgw\..*\.asok$/.test(file));
  if (sockets.length === 0) throw new Error(`no RGW of the cluster ${cluster} has a socket in ${run}`);
  const tell = async (...words: string[]) => {
    const answers = [];
    for (const socket of sockets) {
      const { stdout } = await execa('ceph', ['--admin-daemon', path.join(run, socket), 'config', ...words]);
      answers.push(JSON.parse(stdout) as Record<string, string>);
    }
    return answers;
  };
  const before = (await tell('get', name))[0]?.[name];
  if (before === undefined) throw new Error(`RGW has no setting ${name}`);
  await tell('set', name, value);
  try {
    return await work();
  } finally {
    await tell('set', name, before);
  }
}
