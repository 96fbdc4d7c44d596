import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { awsStack } from '../../infra/aws/stack.ts';
import { parseSettings } from '../../infra/config.ts';
import { AwsProvider } from '../../scripts/tools/stand-ins/aws/provider.ts';
import { Records } from '../../scripts/tools/stand-ins/records.ts';
import { record, type RecordedProgram } from './recorded.ts';
import { stackFile } from './stack-file.ts';

/** The whole stack `dev` or `prod` in this process: AWS answers as the recording plugin does, without an engine. */
export async function recordStack(
  stack: 'dev' | 'prod',
): Promise<RecordedProgram<ReturnType<typeof awsStack>>> {
  const settings = parseSettings('storage', stackFile(stack));
  if (settings.environment === 'local') throw new Error(`Pulumi.${stack}.yaml is of the environment local`);
  const folder = mkdtempSync(path.join(os.tmpdir(), 'storage-recorded-'));
  try {
    const provider = new AwsProvider(new Records(folder));
    provider.configure({ region: settings.region });
    return await record(() => awsStack(settings), {
      create: ({ type, name, inputs }) => {
        if (!type.startsWith('aws:')) return null;
        const urn = `urn:pulumi:${stack}::storage::${type}::${name}`;
        return create(provider, { urn, inputs });
      },
      call: (token, inputs) => provider.invoke(token, inputs),
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What the engine asks of a provider for a new resource, in its order. */
async function create(provider: AwsProvider, resource: { urn: string; inputs: Record<string, unknown> }) {
  const { urn } = resource;
  const { inputs, failures } = await provider.check({ urn, olds: null, news: resource.inputs });
  if (failures.length > 0) throw new Error(`${urn}: ${JSON.stringify(failures)}`);
  const { id, properties } = await provider.create({ urn, inputs, preview: false });
  return { id, state: properties };
}
