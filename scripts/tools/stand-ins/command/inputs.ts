import { isDeepStrictEqual } from 'node:util';
import pulumi from '@pulumi/pulumi';
import type { CheckFailure, DiffResult } from '@pulumi/pulumi/provider/index.js';
import { isMap, plain } from '../wire.ts';

/** The inputs of `command:local:Command`, as @pulumi/command 1.2.1 documents them. */
export type CommandInputs = {
  create?: string;
  update?: string;
  delete?: string;
  triggers?: unknown[];
  interpreter?: string[];
  dir?: string;
  environment?: Record<string, string>;
  stdin?: string;
  logging?: Logging;
  addPreviousOutputInEnv?: boolean;
};
export type Logging = (typeof LOGGING)[number];

const LOGGING = ['stdout', 'stderr', 'stdoutAndStderr', 'none'] as const;

const isString = (value: unknown) => typeof value === 'string';

/** What each input must be. An unknown value, in a preview, stands for any of these. */
const INPUTS: Record<keyof CommandInputs, { is: (value: unknown) => boolean; expected: string }> = {
  create: { is: isString, expected: 'a string' },
  update: { is: isString, expected: 'a string' },
  delete: { is: isString, expected: 'a string' },
  triggers: { is: Array.isArray, expected: 'a list' },
  interpreter: {
    is: (value) => Array.isArray(value) && value.every(isString),
    expected: 'a list of strings',
  },
  dir: { is: isString, expected: 'a string' },
  environment: {
    is: (value) => isMap(value) && Object.values(value).every(isString),
    expected: 'a map of strings',
  },
  stdin: { is: isString, expected: 'a string' },
  logging: {
    is: (value) => LOGGING.some((name) => name === value),
    expected: `one of ${LOGGING.map((name) => `"${name}"`).join(', ')}`,
  },
  addPreviousOutputInEnv: { is: (value) => typeof value === 'boolean', expected: 'true or false' },
};

/** What is wrong with the inputs of a new or changed resource; nothing when all is well. */
export function checkInputs(type: string, inputs: Record<string, unknown>): CheckFailure[] {
  if (type !== 'command:local:Command') {
    return [{ property: '', reason: `The stand-in has only command:local:Command, not ${type}.` }];
  }
  return Object.entries(inputs).flatMap(([property, value]) => {
    const rule = INPUTS[property as keyof CommandInputs] as (typeof INPUTS)['create'] | undefined;
    if (property === 'assetPaths' || property === 'archivePaths') {
      return [{ property, reason: 'The stand-in does not collect files; the real plugin does.' }];
    }
    if (rule === undefined) {
      return [{ property, reason: `There is no such input; there are: ${Object.keys(INPUTS).join(', ')}.` }];
    }
    const given = plain(value);
    return given === pulumi.runtime.unknownValue || rule.is(given)
      ? []
      : [{ property, reason: `Expected ${rule.expected}, got ${JSON.stringify(given)}.` }];
  });
}

/** Any changed input runs the command again; changed triggers replace the resource. */
export function diffInputs(olds: Record<string, unknown>, news: Record<string, unknown>): DiffResult {
  const changed = Object.keys(INPUTS).filter(
    (name) => !isDeepStrictEqual(plain(olds[name]), plain(news[name])),
  );
  return { changes: changed.length > 0, replaces: changed.filter((name) => name === 'triggers') };
}
