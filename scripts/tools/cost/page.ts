import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'yaml';
import { parseSettings } from '../../../infra/config.ts';
import type { AwsSettings } from '../../../infra/settings/aws.ts';
import { monthlyCost, totalOf } from './monthly.ts';

const root = path.resolve(import.meta.dirname, '../../..');
export const COST_PAGE = path.join(root, 'docs/cost.md');

/** The text of docs/cost.md for the stacks of the checkout. */
export async function costPage(): Promise<string> {
  const sections = await Promise.all(
    (['dev', 'prod'] as const).map(async (stack) => section(stack, await settingsOf(stack))),
  );
  return `<!-- Written by \`npm run docs\` from Pulumi.dev.yaml and Pulumi.prod.yaml; what is changed here is lost. -->

# What a month costs

After reading this page you know what each stack costs a month, line by line, and which setting changes a line. Change
\`Pulumi.dev.yaml\` or \`Pulumi.prod.yaml\`, then compute the page again:

\`\`\`sh
npm run docs
\`\`\`

The prices are on demand, us-east-1, published between 2022 and 2026: ask for today's before you quote them. Three-year
terms take about 57 % off the instances of Ceph, by far the largest lines.

Not included is what you pay by use: S3 itself, internet and CloudFront traffic ($.085 a GB for the first 10 TB),
traffic between zones ($.01 a GB each way), requests, logs, backups, and the spot nodes of the bulk copy. Traffic to the
internet costs the same from EC2 as from S3: moving to Ceph does not make it cheaper.

${sections.join('\n')}`;
}

/** The settings of a stack as the checkout has them. */
export async function settingsOf(stack: 'dev' | 'prod'): Promise<AwsSettings> {
  const text = await readFile(path.join(root, `Pulumi.${stack}.yaml`), 'utf8');
  const { config } = parse(text) as { config: Record<string, unknown> };
  const all = Object.entries(config).map(([key, value]) => [
    key,
    typeof value === 'string' ? value : JSON.stringify(value),
  ]);
  const settings = parseSettings('storage', Object.fromEntries(all) as Record<string, string>);
  if (settings.environment === 'local') throw new TypeError(`Pulumi.${stack}.yaml is a local stack's`);
  return settings;
}

function section(stack: string, settings: AwsSettings): string {
  const lines = monthlyCost(settings);
  const rows = lines.map(
    ({ what, arithmetic, dollarsPerMonth }) => `| ${what} | ${arithmetic} | ${dollars(dollarsPerMonth)} |`,
  );
  return `## ${stack}

| what | how it is computed | $ a month |
|---|---|--:|
${rows.join('\n')}
| **together** | | **${dollars(totalOf(lines))}** |
`;
}

/** Whole dollars: nobody knows the cents beforehand. */
export function dollars(amount: number): string {
  return Math.round(amount).toLocaleString('en-US');
}

if (import.meta.main) await writeFile(COST_PAGE, await costPage());
