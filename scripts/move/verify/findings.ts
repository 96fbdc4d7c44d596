import { open, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Environment } from '../../contract/environment.ts';
import type { Finding, FindingsDocument } from '../../ledger/certificates.ts';

/** How many findings a certificate's document lists itself. */
export const LISTED = 200;

/** Collects findings in constant memory: the first ones, and all of them in a file once they are many. */
export class Findings {
  readonly #path: string;
  readonly #first: Finding[] = [];
  #file: FileHandle | undefined;
  total = 0;

  /** @param path the file that is written when there are more than `LISTED` */
  constructor(path: string) {
    this.#path = path;
  }

  async add(finding: Finding): Promise<void> {
    this.total += 1;
    if (this.#first.length < LISTED) {
      this.#first.push(finding);
      return;
    }
    if (this.#file === undefined) {
      this.#file = await open(this.#path, 'w', 0o600);
      await this.#file.appendFile(this.#first.map(lineOf).join(''));
    }
    await this.#file.appendFile(lineOf(finding));
  }

  async end(): Promise<FindingsDocument> {
    const document = { total: this.total, listed: this.#first };
    if (this.#file === undefined) return document;
    await this.#file.close();
    return { ...document, file: this.#path };
  }
}

function lineOf(finding: Finding): string {
  return `${JSON.stringify(finding)}\n`;
}

/**
 * Beside the applications' parameter, a folder that the local environment keeps. A pod has only one that ends
 * with it: there the first findings of the certificate and the log are what stays.
 */
export function findingsPath(environment: Environment, kind: string, move: string, at: Date): string {
  const stamp = at.toISOString().replaceAll(/[:.]/g, '-');
  const { parameter } = environment;
  const folder = parameter.kind === 'file' ? dirname(parameter.file) : tmpdir();
  return join(folder, `findings-${kind}-${move}-${stamp}.jsonl`);
}
