import { readFile } from 'node:fs/promises';
import type { Parameter } from '../../platform/applications-parameter/parameter.ts';
import { writeFileAtomic } from '../../platform/write-file.ts';
import type { FleetFigures } from './statistics.ts';

export type FleetStatus = FleetFigures & {
  at: string;
  pid: number;
  running: boolean;
  rate: number;
  clients: number;
  /** Operations that were due while their client had no room for them. */
  skipped: number;
  parameter: { state: Parameter['state']; version: number; epoch: string } | null;
  residentBytes: number;
};

/** Twice a second: what a loss of power takes is written again. */
export async function writeStatus(file: string, status: object): Promise<void> {
  await writeFileAtomic(file, `${JSON.stringify(status)}\n`, { durable: false });
}

/** What the fleet has done so far; null before its first half second. */
export async function readFleetStatus(file: string): Promise<FleetStatus | null> {
  const text = await readFile(file, 'utf8').catch(() => null);
  return text === null ? null : (JSON.parse(text) as FleetStatus);
}
