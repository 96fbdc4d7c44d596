import { z } from 'zod';
import { PHASES } from '../../scripts/contract/phases.ts';

/** Settings that every environment has. Pulumi.yaml says what each means. */

export const count = z.int().positive();
export const bucketName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'must be a bucket name (3 to 63 of a–z, 0–9, dots, dashes)');
export const partName = z
  .string()
  .regex(/^[a-z][a-z0-9-]*$/, 'must be lower-case letters, digits and dashes');

export const CLUSTERS = ['images', 'metadata'] as const;
export type ClusterName = (typeof CLUSTERS)[number];

/** One bucket that moves. */
export const bucketShape = {
  name: partName,
  source: bucketName,
  cluster: z.enum(CLUSTERS),
  target: bucketName,
};

/** No two of a list may have one name: names become names of resources. */
export function uniqueNames<T extends { name: string }>(list: readonly T[]): boolean {
  return new Set(list.map((item) => item.name)).size === list.length;
}

export const commonShape = {
  phase: z.enum(PHASES).default('prepare'),
  wait: z.boolean().default(false),
  keepDays: count.default(15),
  quietSeconds: count.default(3600),
  holdLimitSeconds: count.default(30),
  lateEventSeconds: count.default(900),
  certificateHours: count.default(24),
  requestSeconds: count.default(60),
  holdRequestMilliseconds: count.default(5000),
  refreshMilliseconds: count.default(1000),
  syncWorkers: count.max(1000).default(2),
};

/** Why every hold would be called off, or nothing. */
export function holdFindings(settings: {
  holdLimitSeconds: number;
  holdRequestMilliseconds: number;
  refreshMilliseconds: number;
}): Finding[] {
  const drain = (settings.refreshMilliseconds + settings.holdRequestMilliseconds) / 1000;
  if (drain < settings.holdLimitSeconds) return [];
  return [
    {
      key: 'holdLimitSeconds',
      says:
        `${settings.holdLimitSeconds} s is less than what a hold waits for writes in flight ` +
        `(refreshMilliseconds + holdRequestMilliseconds = ${drain} s): every hold would be called off`,
    },
  ];
}

/** Something wrong with one setting: what was given and what would be right. */
export type Finding = { key: string; says: string };
