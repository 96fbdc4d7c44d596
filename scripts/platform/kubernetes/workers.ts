import { setTimeout as sleep } from 'node:timers/promises';
import type { KubernetesWorkers } from '../../contract/environment.ts';
import { UserError } from '../../contract/errors.ts';
import { instantiate, jobName, jobState, type Job } from './job.ts';
import type { KubernetesApi } from './kubernetes-api.ts';
import type { LongWork, Workers } from '../long-work.ts';

/** The pods of a Job that is taken away may take so long to end: two requests of the largest objects. */
const GONE_MILLISECONDS = 150_000;
const LOOK_EVERY_MILLISECONDS = 500;

/**
 * The long work as Jobs of a cluster, made of templates that the stack owns: a ConfigMap each, whose key
 * `job.json` is the whole Job. A Job is named after the work and its run, so asking again for the same
 * again finds it.
 */
export function kubernetesWorkers(
  api: KubernetesApi,
  { namespace, copyJobTemplate, verifyJobTemplate }: Omit<KubernetesWorkers, 'kind' | 'cluster'>,
): Workers {
  const jobs = `/apis/batch/v1/namespaces/${namespace}/jobs`;
  const find = async (name: string) => (await api.get(`${jobs}/${name}`)) as Job | null;

  async function create(work: LongWork, run: string): Promise<void> {
    const template = work === 'copy' ? copyJobTemplate : verifyJobTemplate;
    const path = `/api/v1/namespaces/${namespace}/configmaps/${template}`;
    const found = (await api.get(path)) as { data?: Record<string, string> } | null;
    const text = found?.data?.['job.json'];
    if (text === undefined) {
      throw new UserError(
        `There is no ConfigMap ${template} with a key job.json in the namespace ${namespace}; pulumi up makes it`,
        { exitCode: 3 },
      );
    }
    await api.create(jobs, instantiate(text, { work, run, namespace }));
  }

  async function gone(name: string): Promise<void> {
    const until = performance.now() + GONE_MILLISECONDS;
    while ((await find(name)) !== null) {
      if (performance.now() > until) {
        throw new UserError(
          `The Job ${name} of before is still being taken away after ${GONE_MILLISECONDS / 1000} s: ` +
            `kubectl -n ${namespace} get pods -l job-name=${name}. Run this again when it is gone.`,
          { exitCode: 3 },
        );
      }
      await sleep(LOOK_EVERY_MILLISECONDS);
    }
  }

  return {
    async start(work, run) {
      const name = jobName(work, run);
      const standing = await find(name);
      if (standing?.metadata.deletionTimestamp !== undefined) await gone(name);
      switch (jobState(standing)) {
        case 'running':
          return;
        case 'stopped':
          return api.patch(`${jobs}/${name}`, { spec: { suspend: false } });
        case 'ended':
        case 'failed':
          await api.delete(`${jobs}/${name}`);
          await gone(name);
          return create(work, run);
        case 'none':
          return create(work, run);
      }
    },
    state: async (work, run) => jobState(await find(jobName(work, run))),
    whereToLook: (work, run) =>
      `Its pods' logs say why: kubectl -n ${namespace} logs -l job-name=${jobName(work, run)} --prefix --tail=50, ` +
      'and the log group of the pods in CloudWatch.',
  };
}
