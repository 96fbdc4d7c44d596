import { createHash } from 'node:crypto';
import { UserError, messageOf } from '../../contract/errors.ts';
import type { LongWork, WorkState } from '../long-work.ts';

/** The part of a Kubernetes Job that is read here (batch/v1). */
export type Job = {
  metadata: {
    name?: string;
    namespace?: string;
    deletionTimestamp?: string;
    labels?: Record<string, string>;
  };
  spec: { suspend?: boolean; template: PodTemplate; [name: string]: unknown };
  status?: { conditions?: { type: string; status: string; message?: string }[] };
};

type Variable = { name: string; value?: string; valueFrom?: unknown };
type PodTemplate = {
  spec: { containers: { env?: Variable[]; [name: string]: unknown }[]; [name: string]: unknown };
  [name: string]: unknown;
};

/** A Job's name is a label too, and its pods' names are longer by an index and a random end. */
const LONGEST_NAME = 52;

/** The name of the Job that does a piece of work for a run: the same each time. */
export function jobName(work: LongWork, run: string): string {
  const name = `${work}-${run}`;
  if (!/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(name)) {
    throw new TypeError(`a run is named by lower-case letters, digits and dashes, not "${run}"`);
  }
  if (name.length <= LONGEST_NAME) return name;
  const digest = createHash('sha256').update(name).digest('hex').slice(0, 12);
  return `${name.slice(0, LONGEST_NAME - 13)}-${digest}`;
}

/** The Job of a template for one run. Throws UserError where the template is no Job. */
export function instantiate(
  template: string,
  { work, run, namespace }: { work: LongWork; run: string; namespace: string },
): Job {
  let job: Job & { kind?: string };
  try {
    job = JSON.parse(template) as typeof job;
  } catch (error) {
    throw new UserError(`The template of the ${work} Job is no JSON: ${messageOf(error)}`, { exitCode: 3 });
  }
  if (job.kind !== 'Job') {
    throw new UserError(`The template of the ${work} Job is a ${job.kind ?? 'nothing'}, not a Job`, {
      exitCode: 3,
    });
  }
  const labels = { ...job.metadata.labels, 'storage/work': work };
  return {
    ...job,
    metadata: { ...job.metadata, name: jobName(work, run), namespace, labels },
    spec: { ...job.spec, template: withVariables(job.spec.template, VARIABLES[work]) },
  };
}

/** The container's variables for the work: both comparisons use one template. */
const VARIABLES: Record<LongWork, Record<string, string>> = {
  copy: {},
  verify: { MIGRATE_VERIFY_KIND: 'now' },
  containment: { MIGRATE_VERIFY_KIND: 'containment' },
};

function withVariables(template: PodTemplate, variables: Record<string, string>): PodTemplate {
  const added = Object.entries(variables).map(([name, value]) => ({ name, value }));
  const containers = template.spec.containers.map((container) => ({
    ...container,
    env: [...(container.env ?? []).filter(({ name }) => !Object.hasOwn(variables, name)), ...added],
  }));
  return { ...template, spec: { ...template.spec, containers } };
}

/** What a Job's conditions say of the work. One that is being taken away is none any more. */
export function jobState(job: Job | null): WorkState {
  if (job === null || job.metadata.deletionTimestamp !== undefined) return 'none';
  const has = (type: string) =>
    job.status?.conditions?.some((condition) => condition.type === type && condition.status === 'True') ??
    false;
  if (has('Failed') || has('FailureTarget')) return 'failed';
  if (has('Complete') || has('SuccessCriteriaMet')) return 'ended';
  return job.spec.suspend === true ? 'stopped' : 'running';
}
