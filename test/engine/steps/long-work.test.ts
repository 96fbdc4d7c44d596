import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { copyJob, verifyJob } from '../../../infra/storage/workers/jobs.ts';
import { CONFIG_MAPS, NAMESPACE } from '../../../infra/storage/workers/names.ts';
import type { Environment } from '../../../scripts/contract/environment.ts';
import { recordCertificate } from '../../../scripts/ledger/certificates.ts';
import { openLedger } from '../../../scripts/ledger/connect.ts';
import { beginGap, endGap } from '../../../scripts/ledger/gaps.ts';
import type { Pool } from '../../../scripts/ledger/database.ts';
import type { HeldLock } from '../../../scripts/ledger/locks.ts';
import { migrateLedger } from '../../../scripts/ledger/migrations.ts';
import { commitHorizon } from '../../../scripts/ledger/operations.ts';
import { finishShard, syncProgress, takeShard } from '../../../scripts/ledger/shards.ts';
import { startComparison } from '../../../scripts/move/steps/after-copy.ts';
import { bringUpToNow } from '../../../scripts/move/steps/certify.ts';
import type { PhaseContext } from '../../../scripts/move/steps/context.ts';
import { startSync } from '../../../scripts/move/steps/bulk-copy.ts';
import { exampleEnvironment } from '../../support/example-environment.ts';
import { KubernetesServer, type KubernetesObject } from '../../support/kubernetes.ts';
import { ownPostgres, type OwnPostgres } from '../../support/postgres.ts';

/** Who the steps are to the cluster: on AWS their role, here any user that the server knows. */
const token = vi.hoisted(() => ({ value: '' }));
vi.mock('../../../scripts/platform/kubernetes/cluster-token.ts', () => ({
  clusterToken: () => Promise.resolve(token.value),
}));

const JOBS = `/apis/batch/v1/namespaces/${NAMESPACE}/jobs`;
let server: KubernetesServer;
let postgres: OwnPostgres;
let folder: string;
let ledger: Pool;
let context: PhaseContext;
let environment: Environment;
let databases = 0;

beforeAll(async () => {
  [server, postgres] = await Promise.all([KubernetesServer.start(), ownPostgres()]);
  folder = await mkdtemp(path.join(os.tmpdir(), 'storage-long-work-'));
  token.value = server.token;
  const apply = async (object: KubernetesObject) => {
    const { status, body } = await server.apply(object);
    if (status > 201) throw new Error(JSON.stringify(body));
  };
  await apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } });
  const image = `storage@sha256:${'a'.repeat(64)}`;
  for (const [name, job] of Object.entries({
    [CONFIG_MAPS.copyJob]: copyJob({
      image,
      requestSeconds: 60,
      workers: 4,
      nodes: { instanceTypes: ['c7g.large'], maximum: 4 },
    }),
    [CONFIG_MAPS.verifyJob]: verifyJob({ image, requestSeconds: 60 }),
  })) {
    await apply({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, namespace: NAMESPACE },
      data: { 'job.json': JSON.stringify(job) },
    });
  }
  const administrator = await postgres.connect('postgres');
  await administrator.query(`CREATE ROLE steps SUPERUSER LOGIN PASSWORD 'steps'`);
  await administrator.end();
});
afterAll(async () => {
  await Promise.all([server.stop(), postgres.stop()]);
  await rm(folder, { recursive: true });
});

beforeEach(async () => {
  const name = `ledger_${(databases += 1)}`;
  const administrator = await postgres.connect('postgres');
  await administrator.query(`CREATE DATABASE ${name}`);
  await administrator.end();
  const address = `postgres://steps:steps@127.0.0.1:${postgres.port}/${name}?sslmode=verify-full&sslrootcert=${postgres.certificateAuthority}`;
  ledger = openLedger(address);
  await migrateLedger(ledger);
  await ledger.query(`UPDATE move SET phase = 'copy'`);
  environment = {
    ...exampleEnvironment(),
    name: 'prod',
    wait: false,
    ledger: address,
    workers: {
      kind: 'kubernetes',
      cluster: {
        name: 'a test',
        region: 'us-east-1',
        endpoint: server.url,
        certificateAuthority: Buffer.from(server.certificateAuthority).toString('base64'),
      },
      namespace: NAMESPACE,
      copyJobTemplate: CONFIG_MAPS.copyJob,
      verifyJobTemplate: CONFIG_MAPS.verifyJob,
    },
  };
  const lock: HeldLock = { assertHeld: () => undefined, release: () => undefined };
  context = { environment, ledger, lock, now: () => new Date(), say: () => undefined };
  const { body } = await server.request<{ items: KubernetesObject[] }>('GET', JOBS);
  for (const { metadata } of body.items) {
    await server.request('DELETE', `${JOBS}/${metadata.name}?propagationPolicy=Background`);
  }
  return () => ledger.end();
});

const jobs = async () => {
  const { body } = await server.request<{ items: KubernetesObject[] }>('GET', JOBS);
  return body.items.map(({ metadata }) => metadata.name).sort();
};

/** The copy of both moves is done. */
async function finishCopies(): Promise<void> {
  for (const { name } of environment.moves) {
    const shard = await takeShard(ledger, { move: name, owner: 'a worker', leaseSeconds: 60 });
    if (shard === null) throw new Error('no shard is open');
    await finishShard(ledger, shard);
  }
}

async function certify(findings: number): Promise<void> {
  const horizon = await commitHorizon(ledger);
  for (const { name: move } of environment.moves) {
    await recordCertificate(ledger, { kind: 'base', move, epoch: 1n, horizon, findings, document: {} });
  }
}

describe('the bulk copy in a cluster', () => {
  it('is begun and returns: no bucket is listed, no shard is cut', async () => {
    await startSync(context); // there is no store at all: a request would fail
    const progress = await syncProgress(ledger, 'images');
    expect(progress).toMatchObject({ state: 'copying', shards: 1, done: 0 });
    expect(await jobs()).toHaveLength(1);
    expect((await jobs())[0]).toMatch(/^copy-\d+-\d+$/);
  });

  it('is one Job however often it is asked for', async () => {
    await startSync(context);
    await startSync(context);
    expect(await jobs()).toHaveLength(1);
  });

  it('is not started again when it is done', async () => {
    await startSync(context);
    await finishCopies();
    const [name] = await jobs();
    await server.request('DELETE', `${JOBS}/${name}?propagationPolicy=Background`);
    await startSync(context);
    expect(await jobs()).toEqual([]);
  });
});

describe('the comparison after it', () => {
  it('is started by the watcher when the copy is done, and not before', async () => {
    expect(await startComparison(environment, ledger)).toBe(false);
    await startSync(context);
    expect(await startComparison(environment, ledger)).toBe(false);
    await finishCopies();
    expect(await startComparison(environment, ledger)).toBe(true);
    expect((await jobs()).filter((name) => name.startsWith('verify-'))).toHaveLength(1);
    expect(await startComparison(environment, ledger)).toBe(false);
  });

  it('is not started where its certificate exists, a key has failed, or the phase is another', async () => {
    await startSync(context);
    await finishCopies();
    await ledger.query(
      `INSERT INTO failed_key (move, key, stage, reason, attempts) VALUES ('images', 'k', 'sync', 'r', 1)`,
    );
    expect(await startComparison(environment, ledger)).toBe(false);
    await ledger.query('DELETE FROM failed_key');
    await ledger.query(`UPDATE move SET phase = 'cutover'`);
    expect(await startComparison(environment, ledger)).toBe(false);
    await ledger.query(`UPDATE move SET phase = 'copy'`);
    await certify(0);
    expect(await startComparison(environment, ledger)).toBe(false);
  });

  it('is not the watcher’s where the steps wait themselves', async () => {
    const local = { ...environment, workers: exampleEnvironment().workers };
    expect(await startComparison(local, ledger)).toBe(false);
  });
});

describe('the gate that needs it', () => {
  it('has both listings merged again after a gap in capture, and says what that costs', async () => {
    await startSync(context);
    await finishCopies();
    await certify(0);
    await beginGap(ledger, 'images', 'our entry was missing');
    await endGap(ledger, 'images');
    await expect(bringUpToNow(context)).rejects.toThrow(
      /^Refused; nothing was changed\. What is missing:\n {2}- capture of images had a gap from \S+ until \S+ \(our entry was missing\): events may be lost, [^\n]+\. Both are merged again: 0 LIST requests to each side, about \$0\.00\nThe comparison was started\./,
    );
    expect((await jobs()).filter((each) => each.startsWith('verify-'))).toHaveLength(1);
  });

  it('has it made and refuses; asks again; starts it again where it failed', async () => {
    await startSync(context);
    await finishCopies();
    await expect(bringUpToNow(context)).rejects.toMatchObject({
      exitCode: 1,
      message:
        'Refused; nothing was changed. What is missing:\n  - there is no base certificate for images\n  - there is no base certificate for metadata\n' +
        'The comparison was started. Run pulumi up again when migrate status shows its certificates.',
    });
    const [name = ''] = (await jobs()).filter((each) => each.startsWith('verify-'));
    await expect(bringUpToNow(context)).rejects.toThrow('The comparison is at work.');
    expect((await jobs()).filter((each) => each.startsWith('verify-'))).toEqual([name]);
    const now = new Date().toISOString();
    await server.request('PATCH', `${JOBS}/${name}/status`, {
      body: {
        status: {
          startTime: now,
          conditions: ['FailureTarget', 'Failed'].map((type) => ({
            type,
            status: 'True',
            lastProbeTime: now,
            lastTransitionTime: now,
          })),
        },
      },
      contentType: 'application/merge-patch+json',
    });
    await certify(3);
    const asked = bringUpToNow(context);
    const removing = (async () => {
      // What Kubernetes' garbage collector does: nothing holds the deleted Job any more.
      for (;;) {
        const path = `${JOBS}/${name}`;
        const { body } = await server.request<{ metadata?: { deletionTimestamp?: string } }>('GET', path);
        if (body.metadata?.deletionTimestamp !== undefined) {
          await server.request('PATCH', path, {
            body: { metadata: { finalizers: null } },
            contentType: 'application/merge-patch+json',
          });
          return;
        }
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    })();
    await expect(asked).rejects.toThrow(
      /3 keys of images differ between S3 and Ceph[^]*ended with findings or a failure and was started again[^]*kubectl -n storage logs/,
    );
    await removing;
    expect((await jobs()).filter((each) => each.startsWith('verify-'))).toEqual([name]);
  });

  it('is not passed by a certificate after which more keys changed than fit into a step', async () => {
    await startSync(context);
    await finishCopies();
    await certify(0);
    await ledger.query(
      `INSERT INTO operation (move, key, kind, event_name, event_source)
       SELECT 'images', 'key ' || n, 'put', 'x', 'aws:s3' FROM generate_series(1, 100001) n`,
    );
    await expect(bringUpToNow(context)).rejects.toThrow(
      /100001 keys of images changed since its base certificate/,
    );
    expect((await jobs()).filter((each) => each.startsWith('verify-'))).toHaveLength(1);
  });
});
