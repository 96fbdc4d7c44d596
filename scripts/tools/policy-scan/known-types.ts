import path from 'node:path';
import { execa } from 'execa';
import { ensurePythonTool } from '../toolchain/python.ts';

/** Prints every type of Terraform that one of checkov's checks names. */
const PROGRAM = `
import json
import checkov.terraform.runner
from checkov.terraform.checks.resource.registry import resource_registry
from checkov.common.checks_infra.registry import get_graph_checks_registry
graph = get_graph_checks_registry("terraform")
graph.load_checks()
types = set(resource_registry.checks)
for check in graph.checks:
    types.update(check.resource_types or [])
print(json.dumps(sorted(types)))
`;

/** The types of Terraform that checkov knows. One that is not among them is not checked, without a word. */
export async function typesKnownToCheckov(options: { log: (line: string) => void }): Promise<Set<string>> {
  const binDir = await ensurePythonTool('checkov', options);
  const { stdout } = await execa(path.join(binDir, 'python'), ['-c', PROGRAM]);
  return new Set(JSON.parse(stdout) as string[]);
}
