import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { AwsSettingsSchema } from '../../../infra/settings/aws.ts';
import { recordStack } from '../../support/recorded-stack.ts';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const FOLDER = path.join(ROOT, 'docs/runbooks');
const pages = await Promise.all(
  (await readdir(FOLDER)).map(async (name) => ({
    name,
    text: await readFile(path.join(FOLDER, name), 'utf8'),
  })),
);

describe.each(pages)('docs/runbooks/$name', ({ text }) => {
  it('sets settings that exist, to values that they take', async () => {
    const commands = [
      ...text.matchAll(/^pulumi config set --stack prod (?:--path )?'?storage:([\w.[\]]+)'? (\S+)$/gm),
    ];
    for (const [, key = '', value = ''] of commands) {
      const { config } = parse(await readFile(path.join(ROOT, 'Pulumi.prod.yaml'), 'utf8')) as {
        config: Record<string, unknown>;
      };
      const settings = Object.fromEntries(
        Object.entries(config).flatMap(([name, each]) =>
          name.startsWith('storage:') ? [[name.slice('storage:'.length), each]] : [],
        ),
      );
      const given = /^\d+$/.test(value) ? Number(value) : value.replace('…', '1'.repeat(64));
      set(
        settings,
        key.split(/[.[\]]+/).filter((step) => step !== ''),
        given,
      );
      expect(AwsSettingsSchema.safeParse(settings).error).toBeUndefined();
    }
  });
});

describe('what the runbooks say of the stack', () => {
  let names: Set<string>;
  let descriptions: string[];
  beforeAll(async () => {
    const { resources } = await recordStack('prod');
    names = new Set(resources.map(({ name }) => name));
    descriptions = resources
      .filter(({ type }) => type === 'aws:cloudwatch/metricAlarm:MetricAlarm')
      .map(({ inputs }) => String(inputs['alarmDescription']));
  }, 60_000);

  it('are names of resources that it has, or of the next ones of a group', () => {
    const said = pages.flatMap(({ text }) => [...text.matchAll(/`(storage-(?:images|metadata)-[\w-]+)`/g)]);
    expect(said.length).toBeGreaterThan(5);
    for (const [, name = ''] of said) {
      const standing = name.replace(/-cold-1[2-4]/, '-cold-11');
      expect([name, names.has(standing)]).toEqual([name, true]);
    }
  });

  it('is where alarms send people', () => {
    const referred = descriptions.flatMap((text) => [...text.matchAll(/docs\/runbooks\/[\w-]+\.md/g)]);
    expect(referred.length).toBeGreaterThan(1);
    for (const [file] of referred) expect(existsSync(path.join(ROOT, file))).toBe(true);
  });
});

/** Follows the steps and sets; throws where there is nothing to set. */
function set(settings: Record<string, unknown>, steps: readonly string[], value: unknown): void {
  const [step = '', ...more] = steps;
  if (!(step in settings)) throw new Error(`${step} is not among ${Object.keys(settings).join(', ')}`);
  if (more.length === 0) settings[step] = value;
  else set(settings[step] as Record<string, unknown>, more, value);
}
