import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { UserError } from '../../contract/errors.ts';
import { ensurePythonTool } from '../toolchain/python.ts';
import { manifests } from './manifests.ts';
import type { StackResource } from './resources.ts';
import { terraformPlan } from './terraform-plan.ts';

/** A check that a resource does not pass. */
export type Finding = {
  /** For example `CKV_AWS_145`. */
  check: string;
  /** What the check wants, in its own words. */
  wants: string;
  /** `TYPE::NAME` of ours. */
  resource: string;
};

export type Scan = { findings: Finding[]; passed: number };

/**
 * What checkov says of a stack: of its resources of AWS as a plan of Terraform's, of its objects of Kubernetes
 * as manifests. Talks to nobody. Throws a UserError where checkov cannot be installed or does not answer.
 */
export async function scan(
  resources: readonly StackResource[],
  options: { log: (line: string) => void },
): Promise<Scan> {
  const binDir = await ensurePythonTool('checkov', options);
  const { plan, addresses } = terraformPlan(resources);
  const objects = manifests(resources);
  const folder = await mkdtemp(path.join(os.tmpdir(), 'storage-checkov-'));
  try {
    await writeFile(path.join(folder, 'tfplan.json'), JSON.stringify(plan));
    await writeFile(path.join(folder, 'manifests.json'), JSON.stringify(objects));
    const { stdout, stderr } = await execa(
      path.join(binDir, 'checkov'),
      ['--directory', folder, '--framework', 'terraform_plan', 'kubernetes', '--output', 'json', '--quiet']
        // It would fetch its guidelines, and severities that need a key.
        .concat('--skip-download', '--soft-fail'),
      { reject: false },
    );
    return read(stdout, (address) => nameOf(addresses.get(address)) ?? address, stderr);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function nameOf(resource: StackResource | undefined): string | undefined {
  return resource && `${resource.type}::${resource.name}`;
}

type Report = {
  summary?: { passed: number; parsing_errors: number };
  results?: { failed_checks: { check_id: string; check_name: string; resource: string }[] };
};

function read(stdout: string, name: (address: string) => string, stderr: string): Scan {
  let parsed: Report | Report[];
  try {
    parsed = JSON.parse(stdout) as Report | Report[];
  } catch {
    throw new UserError(`checkov did not answer:\n${stderr || stdout}`, { exitCode: 1 });
  }
  const reports = (Array.isArray(parsed) ? parsed : [parsed]).filter(({ results }) => results !== undefined);
  if (reports.some(({ summary }) => (summary?.parsing_errors ?? 0) > 0)) {
    throw new UserError(`checkov could not read what it was given:\n${stderr}`, { exitCode: 1 });
  }
  return {
    passed: reports.reduce((sum, { summary }) => sum + (summary?.passed ?? 0), 0),
    findings: reports.flatMap(({ results }) =>
      (results?.failed_checks ?? []).map((failed) => ({
        check: failed.check_id,
        wants: failed.check_name,
        resource: name(failed.resource),
      })),
    ),
  };
}
