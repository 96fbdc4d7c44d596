import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshSeconds } from '../../../../infra/nginx/settings.ts';
import { originAnswer, originConf, parseOriginConf } from '../../../../scripts/contract/nginx-origin.ts';
import { originOf, PHASES } from '../../../../scripts/contract/phases.ts';
import { cacheTierFiles } from '../../../../scripts/contract/local/nginx-files.ts';
import { cacheTierSettings, writeCacheTier } from '../../../support/cache-tier.ts';

describe('nginx -t', () => {
  let home: string;
  beforeAll(async () => {
    home = await mkdtemp(path.join(os.tmpdir(), 'nginx-conf-'));
  });
  afterAll(() => rm(home, { recursive: true }));

  it.each(PHASES)('accepts the configuration of phase %s', async (phase) => {
    const settings = cacheTierSettings(home, { listen: '127.0.0.1:17399', dropListen: '127.0.0.1:17398' });
    await writeCacheTier(home, settings, originOf(phase));
    const { configuration } = cacheTierFiles(home);
    const words = ['-t', '-q', '-c', configuration, '-e', 'stderr'];
    const { stderr, exitCode } = await execa('/usr/sbin/nginx', words, { reject: false });
    expect(stderr).toBe('');
    expect(exitCode).toBe(0);
  });
});

describe('the origin file', () => {
  it('is text that Nginx includes', () => {
    expect(originConf({ order: 'ceph-then-pending', epoch: 3n })).toBe(
      '# Written by the migration; Nginx reads it when it is reloaded.\n' +
        '# origin ceph-then-pending epoch 3\n' +
        'map $server_port $origin { default ceph; }\n' +
        'map $server_port $origin_order { default ceph-then-pending; }\n' +
        'map $server_port $origin_epoch { default 3; }\n' +
        'map $server_port $fallback { default 1; }\n',
    );
  });

  it('can be read back', () => {
    const settings = { order: 's3', epoch: '12' } as const;
    expect(parseOriginConf(originConf(settings))).toEqual(settings);
    expect(originAnswer(settings)).toBe('{"origin":"s3","epoch":"12"}');
    expect(() => parseOriginConf('map $a $b { default c; }')).toThrow('this is no origin file of ours');
  });
});

describe('freshSeconds', () => {
  it('leaves two seconds of the bound for the clock and the way', () => {
    expect(freshSeconds(3)).toBe(1);
    expect(freshSeconds(10)).toBe(8);
    expect(() => freshSeconds(2)).toThrow('maxStaleSeconds is 2; it must be a whole number, at least 3');
  });
});
