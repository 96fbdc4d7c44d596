import { localPackages } from '../../scripts/local/packages.ts';
import { ensureActionlint } from '../../scripts/tools/toolchain/actionlint.ts';
import { ensureDebianPackages } from '../../scripts/tools/toolchain/debian.ts';
import { ensureKubernetes } from '../../scripts/tools/toolchain/kubernetes.ts';
import { ensurePulumi } from '../../scripts/tools/toolchain/pulumi.ts';
import { ensurePythonTool, PYTHON_TOOLS } from '../../scripts/tools/toolchain/python.ts';
import { ensureTestPackages } from './packages.ts';

/** A stage is a program that ends with 0, or a project of vitest.config.ts. */
export type Stage = {
  name: string;
  /** For `--help`. */
  what: string;
  /** What to install or build first: no stage waits for what only others need. */
  needs: readonly Need[];
  /** Arguments of Node; such stages run side by side. */
  check?: readonly string[];
  /** The project of vitest. */
  project?: string;
  /** Shares the local environment, and one run of vitest, with the others that do. */
  live?: boolean;
};
export type Need = 'packages' | 'pulumi' | 'moto' | 'engine tools';

/** What `npm test` runs, in this order. */
const QUICK: readonly Stage[] = [
  {
    name: 'format',
    what: 'prettier',
    needs: [],
    check: ['node_modules/prettier/bin/prettier.cjs', '--check', '--log-level=warn', '.'],
  },
  {
    name: 'lint',
    what: 'eslint',
    needs: [],
    check: ['node_modules/eslint/bin/eslint.js', '--max-warnings=0', '.'],
  },
  {
    name: 'imports',
    what: 'dependency-cruiser: who may import whom, and no circle',
    needs: [],
    check: [
      'node_modules/dependency-cruiser/bin/dependency-cruise.mjs',
      '--config=.dependency-cruiser.js',
      'scripts',
      'infra',
      'bench',
    ],
  },
  { name: 'types', what: 'tsc', needs: [], check: ['node_modules/typescript/bin/tsc', '--noEmit'] },
  { name: 'unit', what: 'the parts, each alone', needs: ['packages'], project: 'unit' },
  {
    name: 'model',
    what: 'a short search for an interleaving that loses something',
    needs: ['packages'],
    project: 'model',
  },
  {
    name: 'engine',
    what: 'dev and prod made from nothing by Pulumi, once, and read',
    needs: ['packages', 'pulumi'],
    project: 'engine',
  },
  {
    name: 'real',
    what: 'copy, replay and comparison on real Ceph and PostgreSQL',
    needs: ['packages', 'pulumi'],
    project: 'real',
    live: true,
  },
  {
    name: 'move',
    what: 'the whole local move on a small input',
    needs: ['packages', 'pulumi'],
    project: 'move',
    live: true,
  },
];

/** What `npm run test:deep` runs, in this order. */
const DEEP: readonly Stage[] = [
  {
    name: 'model',
    what: 'a longer search, guards broken on purpose, the model held against PostgreSQL',
    needs: ['packages'],
    project: 'model:deep',
  },
  {
    name: 'engine',
    what: 'every phase, drift, destruction, policies, workflows; a real Kubernetes API server',
    needs: ['packages', 'pulumi', 'moto', 'engine tools'],
    project: 'engine:deep',
  },
  {
    name: 'real',
    what: 'all else on real Ceph: faults, exactness, teardown, standalone use',
    needs: ['packages', 'pulumi', 'moto'],
    project: 'real:deep',
    live: true,
  },
  {
    name: 'large',
    what: 'ten thousand parts, 5 GiB: takes 12 GiB of disk',
    needs: ['packages', 'pulumi'],
    project: 'large:deep',
    live: true,
  },
];

export function stagesOf({ deep }: { deep: boolean }): readonly Stage[] {
  return deep ? DEEP : QUICK;
}

/** Installs and builds what these stages need. Throws a UserError that says what to install by hand. */
export async function prepare(stages: readonly Stage[], log: (line: string) => void): Promise<void> {
  const wanted = new Set(stages.flatMap(({ needs }) => needs));
  if (wanted.has('packages')) {
    await ensureDebianPackages(localPackages, { log });
    await ensureTestPackages();
  }
  if (wanted.has('pulumi')) await ensurePulumi({ log });
  if (wanted.has('moto')) await ensurePythonTool('moto', { log });
  if (wanted.has('engine tools')) {
    await ensureKubernetes({ log });
    await ensureActionlint({ log });
    for (const tool of PYTHON_TOOLS) await ensurePythonTool(tool, { log });
  }
}
