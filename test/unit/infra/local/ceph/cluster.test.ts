import { describe, expect, it } from 'vitest';
import { poolsOf, type ClusterSpec } from '../../../../../infra/local/ceph/cluster.ts';
import { poolCommands, storageClassCommands } from '../../../../../infra/local/ceph/commands.ts';
import { loopbackConfiguration } from '../../../../../infra/local/ceph/configuration.ts';
import { cephKey, keyringText, principalsOf } from '../../../../../infra/local/ceph/keyring.ts';

const cluster: ClusterSpec = {
  name: 'images',
  dnsName: 'images.localhost',
  monitorPort: 7491,
  daemonPorts: { first: 7540, last: 7639 },
  gateways: [
    { name: 'a', port: 7481 },
    { name: 'b', port: 7482 },
  ],
  osds: { count: 3, bytes: 1024 },
  replicas: { size: 3, minSize: 2 },
  cold: { storageClass: 'STANDARD_IA', dataChunks: 2, codingChunks: 1, minSize: 2 },
};

describe('ceph.conf', () => {
  const folders = { run: '/h/run', log: '/h/log', data: '/h/data', keyring: '/h/keyring' };
  const text = loopbackConfiguration(cluster, folders);
  const lines = text.split('\n');

  it('listens on loopback alone', () => {
    expect(lines).toContain('mon_host = v2:127.0.0.1:7491');
    expect(lines).toContain('public_network = 127.0.0.0/8');
    expect(lines).toContain('ms_bind_port_min = 7540');
    expect(lines).toContain('ms_bind_port_max = 7639');
    expect(lines).toContain('rgw_frontends = civetweb port=127.0.0.1:7481 tcp_nodelay=1');
    expect(lines).toContain('rgw_frontends = civetweb port=127.0.0.1:7482 tcp_nodelay=1');
    expect(text).not.toMatch(/0\.0\.0\.0|\[::\]/);
  });

  it('never runs beast, which aborts on DeleteObjects where removals are notified', () => {
    expect(lines.filter((line) => line.startsWith('rgw_frontends')).join()).not.toContain('beast');
  });

  it('keeps everything in its folders, and no key or id', () => {
    expect(lines).toContain('mon_data = /h/data/mon');
    expect(lines).toContain('osd_data = /h/data/osd.$id');
    expect(lines).toContain('keyring = /h/keyring');
    expect(text).not.toMatch(/fsid|key = [A-Za-z0-9+/]{38}==/);
  });

  it('has copies as the cluster says, and lets RGW say who asked', () => {
    expect(lines).toContain('osd_pool_default_size = 3');
    expect(lines).toContain('osd_pool_default_min_size = 2');
    expect(lines).toContain('rgw_enable_usage_log = true');
    expect(lines).not.toContain(expect.stringContaining('rgw_lc_debug_interval'));
  });
});

describe('pools', () => {
  it('are all that an RGW wants, before it starts', () => {
    expect(poolsOf(cluster).map((pool) => pool.name)).toEqual([
      '.rgw.root',
      'default.rgw.control',
      'default.rgw.meta',
      'default.rgw.log',
      'default.rgw.buckets.index',
      'default.rgw.buckets.data',
      'default.rgw.buckets.non-ec',
      'default.rgw.cold.data',
    ]);
  });

  it('cold is erasure-coded, survives an OSD, and is a storage class of the default placement', () => {
    const commands = poolCommands(cluster);
    expect(commands).toContain('osd erasure-code-profile set cold k=2 m=1 crush-failure-domain=osd');
    expect(commands).toContain('osd pool create default.rgw.cold.data 8 8 erasure cold cold');
    expect(commands).toContain('osd pool set default.rgw.cold.data min_size 2');
    expect(storageClassCommands(cluster).map((words) => words.join(' '))).toEqual([
      'zonegroup placement add --rgw-zonegroup default --placement-id default-placement --storage-class STANDARD_IA',
      'zone placement add --rgw-zone default --placement-id default-placement --storage-class STANDARD_IA --data-pool default.rgw.cold.data',
    ]);
  });

  it('without a cold class there is none of it', () => {
    const plain: ClusterSpec = { ...cluster };
    delete plain.cold;
    expect(poolCommands(plain).join('\n')).not.toMatch(/erasure|cold/);
    expect(storageClassCommands(plain)).toEqual([]);
  });
});

describe('the keyring', () => {
  it('knows every daemon', () => {
    expect(principalsOf(cluster).map((principal) => principal.name)).toEqual([
      'mon.',
      'client.admin',
      'mgr.a',
      'osd.0',
      'osd.1',
      'osd.2',
      'client.rgw.a',
      'client.rgw.b',
    ]);
  });

  it('is text as Ceph reads it', () => {
    const principals = [{ name: 'osd.0', capabilities: { mon: 'allow profile osd', osd: 'allow *' } }];
    expect(keyringText(principals, { 'osd.0': 'KEY==' })).toBe(
      '[osd.0]\n\tkey = KEY==\n\tcaps mon = "allow profile osd"\n\tcaps osd = "allow *"\n',
    );
    expect(() => keyringText(principals, {})).toThrow('no key for osd.0');
  });

  it('holds keys in Ceph’s own form', () => {
    // What `ceph-authtool --gen-print-key` makes: type, seconds, nanoseconds, length, secret.
    const key = cephKey(Buffer.alloc(16, 0xab), new Date(1_700_000_000_250));
    expect(Buffer.from(key, 'base64').toString('hex')).toBe(
      `0100${'00f15365'}${'80b2e60e'}1000${'ab'.repeat(16)}`,
    );
    expect(() => cephKey(Buffer.alloc(8), new Date())).toThrow('a secret of 8 bytes; it must have 16');
  });
});
