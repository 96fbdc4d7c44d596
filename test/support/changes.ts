import { gunzipSync } from 'node:zlib';
import type { ClusterPlan } from '../../infra/storage/ceph/plan/plan.ts';
import type { AwsCall } from './aws-endpoint.ts';
import type { Change } from './recording-project.ts';

/**
 * Each step of a preview in a line: `update storage-images-step-apply: stdin`, for a new resource
 * `create storage-images-cold-12`, for a replaced one what replaces it. Looking again (`--refresh`) is no step.
 */
export function linesOf(changes: readonly Change[]): string[] {
  return changes
    .filter(({ op }) => op !== 'refresh')
    .map(({ op, name, diff, replaces }) => {
      // Of a list of which some are not known yet, the engine names every place.
      const inputs = new Set(
        (op === 'replace' ? replaces : diff).map((path) => path.replaceAll(/\[\d+\]/g, '')),
      );
      return `${op} ${name}${inputs.size === 0 ? '' : `: ${[...inputs].sort().join(', ')}`}`;
    })
    .sort();
}

/** What the hosts of each Ceph cluster got from Systems Manager, in the order of the calls. */
export function plansSent(calls: readonly AwsCall[]): ClusterPlan[] {
  return calls
    .filter(({ action }) => action === 'ssm.SendCommand')
    .map(({ input }) => {
      const { plan } = input['Parameters'] as { plan: [string] };
      return JSON.parse(gunzipSync(Buffer.from(plan[0], 'base64')).toString()) as ClusterPlan;
    });
}
