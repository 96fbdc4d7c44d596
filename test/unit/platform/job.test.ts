import { describe, expect, it } from 'vitest';
import { instantiate, jobName, jobState, type Job } from '../../../scripts/platform/kubernetes/job.ts';

const template = (containers: object[] = [{ name: 'verify', env: [{ name: 'A', value: '1' }] }]) =>
  JSON.stringify({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { labels: { app: 'verify' } },
    spec: { backoffLimit: 6, template: { spec: { containers } } },
  });
const at = { run: '7', namespace: 'storage' } as const;
const standing = (status: Job['status'], spec: { suspend?: boolean } = {}): Job => ({
  metadata: {},
  spec: { template: { spec: { containers: [] } }, ...spec },
  ...(status !== undefined && { status }),
});
const condition = (type: string, status = 'True') => ({ conditions: [{ type, status }] });

describe("a Job's name", () => {
  it('is the same for the same run, and fits a label however many moves there are', () => {
    expect(jobName('copy', '3-4')).toBe('copy-3-4');
    const long = Array.from({ length: 40 }, (_, index) => index).join('-');
    expect(jobName('copy', long)).toHaveLength(52);
    expect(jobName('copy', long)).toBe(jobName('copy', long));
    expect(jobName('copy', long)).not.toBe(jobName('copy', `${long}-1`));
    expect(jobName('copy', long)).toMatch(/^[a-z0-9-]+$/);
  });

  it('is of letters that Kubernetes takes', () => {
    expect(() => jobName('copy', 'Run 1')).toThrow('lower-case letters, digits and dashes');
  });
});

describe('a Job of a template', () => {
  it('has the name of its run, and what the template says', () => {
    expect(instantiate(template(), { work: 'copy', ...at })).toEqual({
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'copy-7', namespace: 'storage', labels: { app: 'verify', 'storage/work': 'copy' } },
      spec: {
        backoffLimit: 6,
        template: { spec: { containers: [{ name: 'verify', env: [{ name: 'A', value: '1' }] }] } },
      },
    });
  });

  it('tells a comparison which one it is', () => {
    const envOf = (work: 'verify' | 'containment', containers?: object[]) =>
      instantiate(template(containers), { work, ...at }).spec.template.spec.containers[0]?.env;
    expect(envOf('verify')).toEqual([
      { name: 'A', value: '1' },
      { name: 'MIGRATE_VERIFY_KIND', value: 'now' },
    ]);
    expect(envOf('containment', [{ env: [{ name: 'MIGRATE_VERIFY_KIND', value: 'now' }] }])).toEqual([
      { name: 'MIGRATE_VERIFY_KIND', value: 'containment' },
    ]);
  });

  it('is refused where the template is none', () => {
    expect(() => instantiate('{', { work: 'copy', ...at })).toThrow(
      'The template of the copy Job is no JSON',
    );
    expect(() => instantiate('{"kind":"Pod"}', { work: 'copy', ...at })).toThrow('is a Pod, not a Job');
  });
});

describe('the state of a Job', () => {
  it.each([
    ['none', null],
    ['none', { ...standing(condition('Complete')), metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' } }],
    ['running', standing(undefined)],
    ['running', standing(condition('Complete', 'False'))],
    ['stopped', standing(condition('Suspended'), { suspend: true })],
    ['ended', standing(condition('Complete'))],
    ['ended', standing(condition('SuccessCriteriaMet'))],
    ['failed', standing(condition('Failed'))],
    ['failed', standing(condition('FailureTarget'))],
  ] as const)('is %s', (state, job) => {
    expect(jobState(job)).toBe(state);
  });
});
