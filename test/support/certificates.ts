import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { execa } from 'execa';

export type Certificate = { key: string; cert: string };

/** An authority of a test's own, and certificates that it signs. */
export class Authority {
  /** Its certificate, PEM; the file is in `folder`. */
  readonly file: string;
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
    this.file = path.join(folder, 'authority.pem');
  }

  static async make(): Promise<Authority> {
    const authority = new Authority(await mkdtemp(path.join(os.tmpdir(), 'storage-authority-')));
    await openssl(
      ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=test authority'],
      ...['-keyout', authority.#path('authority.key'), '-out', authority.file],
    );
    return authority;
  }

  /** A certificate for these host names. */
  async sign(...names: [string, ...string[]]): Promise<Certificate> {
    const [key, request, cert, extensions] = ['key', 'csr', 'pem', 'ext'].map((end) =>
      this.#path(`${names[0]}.${end}`),
    ) as [string, string, string, string];
    await writeFile(extensions, `subjectAltName=${names.map((name) => `DNS:${name}`).join(',')}\n`);
    await openssl(
      ...['req', '-newkey', 'rsa:2048', '-nodes', '-subj', `/CN=${names[0]}`],
      ...['-keyout', key, '-out', request],
    );
    await openssl(
      ...[
        'x509',
        '-req',
        '-days',
        '2',
        '-in',
        request,
        '-CA',
        this.file,
        '-CAkey',
        this.#path('authority.key'),
      ],
      ...['-CAcreateserial', '-extfile', extensions, '-out', cert],
    );
    return { key: await readFile(key, 'utf8'), cert: await readFile(cert, 'utf8') };
  }

  async remove(): Promise<void> {
    await rm(this.#folder, { recursive: true });
  }

  #path(name: string): string {
    return path.join(this.#folder, name);
  }
}

async function openssl(...words: string[]): Promise<void> {
  await execa('openssl', words);
}
