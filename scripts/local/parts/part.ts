import { text } from 'node:stream/consumers';
import type { ZodType } from 'zod';
import { UserError } from '../../contract/errors.ts';
import { printFailure } from '../failure.ts';
import { claimHome } from './home.ts';
import { withLock } from '../../platform/lock-file.ts';
import type { Say } from './run.ts';
import * as specs from '../../contract/local/specs.ts';
import { ensureSupervisor } from '../../platform/supervisor/supervisor.ts';

/** A part of the local environment: what describes it, and what brings it up. */
type Part<Spec extends { home: string }> = {
  spec: ZodType<Spec>;
  /** Tells apart what may run at the same time: for example the cluster's name. */
  instance?: (spec: Spec) => string;
  up: (spec: Spec, say: Say) => Promise<unknown>;
};
const part = <Spec extends { home: string }>(definition: Part<Spec>): Part<{ home: string }> =>
  definition as unknown as Part<{ home: string }>;

const PARTS: Record<string, Part<{ home: string }>> = {
  supervisor: part({
    spec: specs.SupervisorSpec,
    up: async (spec) => {
      const home = await claimHome(spec.home);
      await ensureSupervisor(home);
      return { config: home.supervisorConfig };
    },
  }),
  'ceph-cluster': part({
    spec: specs.CephClusterSpec,
    instance: (spec) => spec.name,
    up: async (spec, say) => (await import('./ceph.ts')).cephClusterUp(spec, say),
  }),
  'store-users': part({
    spec: specs.StoreUsersSpec,
    instance: (spec) => spec.cluster,
    up: async (spec, say) => (await import('./store-users.ts')).storeUsersUp(spec, say),
  }),
  postgres: part({
    spec: specs.PostgresSpec,
    up: async (spec, say) => (await import('./postgres.ts')).postgresUp(spec, say),
  }),
  nginx: part({
    spec: specs.NginxSpec,
    up: async (spec, say) => (await import('./nginx.ts')).nginxUp(spec, say),
  }),
  environment: part({
    spec: specs.EnvironmentSpec,
    up: async (spec) => (await import('./environment.ts')).environmentUp(spec),
  }),
  workers: part({
    spec: specs.WorkersSpec,
    up: async (spec, say) => (await import('./workers.ts')).workersUp(spec, say),
  }),
};

/**
 * `node part.ts PART up`, with the part's description as JSON on standard input: brings the part
 * up and prints one line of JSON about it. May be repeated and killed at any moment.
 */
async function main(words: readonly string[]): Promise<void> {
  const [name = '', verb] = words;
  const definition = Object.hasOwn(PARTS, name) ? PARTS[name] : undefined;
  if (definition === undefined || verb !== 'up' || words.length !== 2) {
    throw new UserError(`Usage: part.ts ${Object.keys(PARTS).join('|')} up < SPEC.json`);
  }
  const spec = definition.spec.parse(JSON.parse(await text(process.stdin)));
  const say: Say = (line) => process.stderr.write(`${line}\n`);
  const instance = definition.instance?.(spec) ?? '';
  const outputs = await withLock(
    `${spec.home} ${name} ${instance}`,
    () => definition.up(spec, say),
    () => say(`${name} ${instance}: another run is at work on it; waiting`),
  );
  process.stdout.write(JSON.stringify(outputs));
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.exitCode = printFailure(error);
}
