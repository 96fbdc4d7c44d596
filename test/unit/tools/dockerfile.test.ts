import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { validate } from 'dockerfile-utils';
import { build } from 'esbuild';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { POD_USER } from '../../../infra/kubernetes/security.ts';
import { VERSION as NODE_VERSION } from '../../../scripts/tools/toolchain/node.mjs';
import { copyOfImage, DOCKERFILE, readImage, ROOT, type Image } from '../../support/dockerfile.ts';
import { IMAGE, recordParts } from '../../support/kubernetes-parts.ts';

type Container = { name: string; image: string; command?: string[]; args?: string[] };
type PodTemplate = { spec: { containers: Container[]; initContainers?: Container[] } };

let image: Image;
let containers: Container[];
/** The Nginx configuration of the pods. */
let configuration: string;

beforeAll(async () => {
  image = await readImage();
  const parts = await recordParts();
  const templates = parts.resources.flatMap(({ type, inputs }): PodTemplate[] => {
    if (type === 'kubernetes:core/v1:ConfigMap') {
      const data = inputs['data'] as Record<string, string>;
      if (data['nginx.conf'] !== undefined) configuration = data['nginx.conf'];
      if (data['job.json'] === undefined) return [];
      return [(JSON.parse(data['job.json']) as { spec: { template: PodTemplate } }).spec.template];
    }
    const { template } = (inputs['spec'] ?? {}) as { template?: PodTemplate };
    return template === undefined ? [] : [template];
  });
  containers = templates
    .flatMap(({ spec }) => [...spec.containers, ...(spec.initContainers ?? [])])
    .filter((container) => container.image === IMAGE);
}, 60_000);

it('a linter of Dockerfiles finds nothing', () => {
  expect(validate(image.text)).toEqual([]);
  // It sees something.
  expect(validate(image.text.replace('WORKDIR', 'WORKDIRECTORY')).length).toBeGreaterThan(0);
});

it('its base is one version of Node: the one that runs these scripts everywhere else', () => {
  expect(image.base).toBe(`node:${NODE_VERSION}-bookworm-slim`);
});

it('it runs as the user that pods run as, who is not root', () => {
  expect(image.user).toBe(`${POD_USER}:${POD_USER}`);
  expect(POD_USER).toBeGreaterThan(0);
});

it('what it is built from is in the context, and the context is nothing else', async () => {
  const lines = (await readFile(path.join(ROOT, '.dockerignore'), 'utf8')).split('\n');
  const [everything, ...allowed] = lines.filter((line) => line !== '' && !line.startsWith('#'));
  expect(everything).toBe('*');
  const installed = ['.npmrc', 'package.json', 'package-lock.json'];
  expect(new Set(allowed)).toEqual(new Set([...image.copied, ...installed].map((name) => `!${name}`)));
});

describe('what pods start', () => {
  let home: string;
  beforeAll(async () => {
    home = await copyOfImage(image);
  }, 60_000);
  afterAll(() => rm(home, { recursive: true }));

  it('are these commands and Nginx', () => {
    const words = containers.map(
      ({ name, args, command }) => `${name}: ${(args ?? command ?? []).slice(0, 2).join(' ')}`,
    );
    expect(words.sort()).toEqual([
      'copy: sync worker',
      'events: events serve',
      'follow: cache-tier follow',
      'heartbeat: capture heartbeat',
      'hold-watch: hold watch',
      'nginx: /bin/sh -c',
      'pending: pending serve',
      'replay: replay --follow',
      'verify: verify job',
    ]);
  });

  it('is there: each command gets as far as reading its environment, from what the image has alone', async () => {
    const [program, entry, ...more] = image.entrypoint;
    expect([program, more]).toEqual(['node', []]);
    const script = path.join(home, path.relative(image.folder, entry ?? ''));
    const said = await Promise.all(
      containers
        .filter(({ command }) => command === undefined)
        .map(async ({ name, args = [] }) => {
          const { stderr } = await execa(process.execPath, [script, ...args], {
            cwd: home,
            env: { MIGRATE_ENVIRONMENT: '/nowhere/environment.json' },
            reject: false,
          });
          return [name, /Cannot read the environment from \S+:/.exec(stderr)?.[0] ?? stderr];
        }),
    );
    for (const [, line] of said)
      expect(line).toBe('Cannot read the environment from /nowhere/environment.json:');
    expect(said).toHaveLength(8);
  }, 60_000);

  it('a command that is not there would be said', async () => {
    const { stderr, exitCode } = await execa(
      process.execPath,
      [path.join(home, 'scripts/migrate.ts'), 'sync', 'werker'],
      {
        reject: false,
      },
    );
    expect([exitCode, stderr]).toEqual([
      2,
      expect.stringContaining("unknown command 'werker'\n(Did you mean worker?)"),
    ]);
  });

  it('is Nginx with the modules that its configuration loads', () => {
    const modules = [...configuration.matchAll(/^load_module \S+\/ngx_(\w+)_module\.so;$/gm)].map(
      ([, name]) => `libnginx-mod-${(name ?? '').replaceAll('_', '-')}`,
    );
    expect(modules.length).toBeGreaterThan(0);
    expect(image.packages.toSorted()).toEqual(['ca-certificates', 'nginx', ...modules].toSorted());
  });
});

describe('its packages of npm', () => {
  let imported: Set<string>;
  let dependencies: string[];
  beforeAll(async () => {
    const { metafile } = await build({
      entryPoints: ['scripts/migrate.ts'],
      absWorkingDir: ROOT,
      bundle: true,
      splitting: true,
      format: 'esm',
      platform: 'node',
      packages: 'external',
      outdir: 'out',
      write: false,
      metafile: true,
    });
    const all = Object.values(metafile.inputs).flatMap(({ imports }) => imports);
    imported = new Set(
      all
        .filter(({ path: name, external }) => external === true && !name.startsWith('node:'))
        .map(({ path: name }) =>
          name
            .split('/')
            .slice(0, name.startsWith('@') ? 2 : 1)
            .join('/'),
        ),
    );
    const text = await readFile(path.join(ROOT, 'package.json'), 'utf8');
    dependencies = Object.keys((JSON.parse(text) as { dependencies: Record<string, string> }).dependencies);
  }, 60_000);

  it('are all that its commands import', () => {
    expect(imported.size).toBeGreaterThan(10);
    expect(image.left.filter((name) => imported.has(name))).toEqual([]);
    expect([...imported].filter((name) => !dependencies.includes(name))).toEqual([]);
  });

  it('are none of the stacks’', () => {
    expect(image.left.filter((name) => !dependencies.includes(name))).toEqual([]);
    const stacks = dependencies.filter((name) => name.startsWith('@pulumi/') || name === 'esbuild');
    expect(image.left).toEqual(expect.arrayContaining(stacks));
  });
});

it('is what the workflow builds', async () => {
  const workflow = await readFile(path.join(ROOT, '.github/workflows/image.yml'), 'utf8');
  expect(workflow).toContain(`file: ${path.relative(ROOT, DOCKERFILE)}`);
});
