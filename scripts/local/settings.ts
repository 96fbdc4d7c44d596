import path from 'node:path';
import { PHASES, type Phase } from '../contract/phases.ts';
import { UserError } from '../contract/errors.ts';

/** The options of a local run. */
export type LocalSettings = {
  /** The one folder that holds every daemon's data, log and pid. */
  home: string;
  portBase: number;
  /** How many photographs the source is filled with. */
  objects: number;
  /** Operations a second of all clients together. */
  rate: number;
  /** The phase in which the environment is left. */
  through: Phase;
};

export const DEFAULTS: LocalSettings = {
  home: '/var/lib/storage-local',
  portBase: 7400,
  objects: 2000,
  rate: 20,
  through: 'retain',
};

/** Checks what a person typed. Throws UserError with everything that is wrong. */
export function parseSettings(given: Record<string, unknown>): LocalSettings {
  const findings: string[] = [];
  const number = (name: 'objects' | 'rate' | 'portBase', least: number, most: number): number => {
    const text = given[name];
    if (text === undefined) return DEFAULTS[name];
    const value = Number(text);
    if (!Number.isInteger(value) || value < least || value > most) {
      findings.push(
        `--${dashed(name)} must be a whole number from ${least} to ${most}; given: ${shown(text)}`,
      );
    }
    return value;
  };
  const through = given['through'] ?? DEFAULTS.through;
  if (!(PHASES as readonly unknown[]).includes(through)) {
    findings.push(`--through must be one of ${PHASES.join(', ')}; given: ${shown(through)}`);
  }
  const home = given['home'] ?? DEFAULTS.home;
  if (typeof home !== 'string' || !path.isAbsolute(home)) {
    findings.push(`--home must be an absolute path; given: ${shown(home)}`);
  }
  const settings = {
    home: typeof home === 'string' ? home : '',
    portBase: number('portBase', 1024, 32_000),
    objects: number('objects', 50, 100_000),
    rate: number('rate', 1, 200),
    through: through as Phase,
  };
  if (findings.length > 0) throw new UserError(findings.join('\n'));
  return settings;
}

/** Throws UserError where this machine cannot run the environment at all. */
export function assertMachine(): void {
  if (process.platform !== 'linux') {
    throw new UserError(`The local environment runs on Linux (Debian 12); this is ${process.platform}.`);
  }
  if (process.getuid?.() !== 0) {
    throw new UserError(
      'The local environment wants root: it installs Debian packages and runs PostgreSQL as another user. Run it again with sudo, or in a virtual machine or container of its own.',
    );
  }
}

const dashed = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
const shown = (value: unknown) => JSON.stringify(value);
