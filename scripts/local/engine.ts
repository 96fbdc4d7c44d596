import { randomBytes } from 'node:crypto';
import { constants, createWriteStream } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { UserError } from '../contract/errors.ts';
import { processIsAlive } from './processes.ts';

const STACK = 'local';
const PLAIN = ['--stack', STACK, '--non-interactive', '--color', 'never'];
const UP = ['up', '--yes', '--skip-preview', ...PLAIN];

export type EngineOptions = {
  /** The environment's home: the state, the plugins and the copy of the stack file live in it. */
  home: string;
  /** The checkout. */
  project: string;
  /** Folders to put in front of PATH: the Pulumi CLI, Node, the stand-in plugins. */
  binDirs: readonly string[];
};

/**
 * The real Pulumi engine on the local stack: a `file://` backend, a generated passphrase, a PULUMI_HOME
 * and a copy of the stack file of its own, so that running the move leaves the checkout clean.
 */
export class Engine {
  readonly #options: EngineOptions;
  readonly #folder: string;

  private constructor(options: EngineOptions) {
    this.#options = options;
    this.#folder = path.join(options.home, 'pulumi');
  }

  static async open(options: EngineOptions): Promise<Engine> {
    const engine = new Engine(options);
    await engine.#prepare();
    return engine;
  }

  get #configFile(): string {
    return path.join(this.#folder, 'Pulumi.local.yaml');
  }

  async #prepare(): Promise<void> {
    await mkdir(path.join(this.#folder, 'state'), { recursive: true, mode: 0o700 });
    const passphrase = path.join(this.#folder, 'passphrase');
    await writeFile(passphrase, randomBytes(24).toString('base64url'), { mode: 0o600, flag: 'wx' }).catch(
      ignoreExisting,
    );
    const { project } = this.#options;
    // The copy keeps what was set on it (the phase); a new checkout's file is taken only once.
    await copyFile(path.join(project, 'Pulumi.local.yaml'), this.#configFile, constants.COPYFILE_EXCL).catch(
      ignoreExisting,
    );
    // Pulumi writes a new stack's salt beside the project file, so the stack is made here, beside a copy.
    await copyFile(path.join(project, 'Pulumi.yaml'), path.join(this.#folder, 'Pulumi.yaml'));
    await this.#pulumi(['stack', 'select', STACK, '--create'], { cwd: this.#folder });
    await this.#pulumi(['stack', 'select', STACK]);
  }

  /** The variables under which the engine runs. */
  async environment(): Promise<Record<string, string>> {
    const passphraseFile = path.join(this.#folder, 'passphrase');
    return {
      PATH: [...this.#options.binDirs, process.env['PATH'] ?? ''].join(path.delimiter),
      PULUMI_HOME: path.join(this.#folder, 'home'),
      PULUMI_BACKEND_URL: `file://${path.join(this.#folder, 'state')}`,
      PULUMI_CONFIG_PASSPHRASE: await readFile(passphraseFile, 'utf8'),
      PULUMI_SKIP_UPDATE_CHECK: 'true',
      PULUMI_AUTOMATION_API_SKIP_VERSION_CHECK: 'true',
    };
  }

  async setConfig(key: string, value: string): Promise<void> {
    await this.#pulumi(['config', 'set', key, value, '--stack', STACK]);
  }

  async removeConfig(key: string): Promise<void> {
    await this.#pulumi(['config', 'rm', key, '--stack', STACK]);
  }

  /**
   * One `pulumi up`. The engine's lines go to `onLine` as they come and to the log file in full.
   * Throws a UserError (exit 1) where the engine failed, with the reasons it gave.
   */
  async up(onLine: (line: string) => void): Promise<void> {
    await this.breakDeadLock();
    await this.#stream([...UP, '--suppress-outputs'], onLine);
  }

  async preview(onLine: (line: string) => void): Promise<void> {
    await this.#stream(['preview', ...PLAIN], onLine);
  }

  async destroy(onLine: (line: string) => void): Promise<void> {
    await this.breakDeadLock();
    await this.#stream(['destroy', '--yes', '--skip-preview', ...PLAIN], onLine);
  }

  /** Starts any command of Pulumi's for a person, with the terminal handed over. */
  async handOver(words: readonly string[]): Promise<number> {
    await this.breakDeadLock();
    const result = await execa('pulumi', [...words, ...this.#configFlag(words)], {
      cwd: this.#options.project,
      env: await this.environment(),
      stdio: 'inherit',
      reject: false,
    });
    return result.exitCode ?? 1;
  }

  /** Starts `pulumi up` and hands out its process, for tests that kill it. */
  async startUp(): Promise<{ pid: number; ended: Promise<string> }> {
    await this.breakDeadLock();
    const child = execa('pulumi', [...UP, ...this.#configFlag(UP)], {
      cwd: this.#options.project,
      env: await this.environment(),
      all: true,
      reject: false,
    });
    return { pid: child.pid ?? 0, ended: child.then(({ all }) => all) };
  }

  /**
   * A killed update leaves its lock behind, and operations that the engine thinks may still be pending.
   * The lock is broken only when the process that took it, on this host, is dead. All our commands may be
   * repeated, so the pending ones are forgotten.
   */
  async breakDeadLock(): Promise<void> {
    const folder = path.join(this.#folder, 'state', '.pulumi', 'locks', 'organization', 'storage', STACK);
    const locks = await readdir(folder).catch(() => []);
    for (const name of locks) {
      const file = path.join(folder, name);
      const holder = JSON.parse(await readFile(file, 'utf8')) as { pid?: number };
      if (holder.pid !== undefined && (await processIsAlive(holder.pid, 'pulumi'))) {
        throw new UserError(
          `Another pulumi (process ${holder.pid}) is at work on this stack. Wait for it, or stop it, and run this again.`,
          { exitCode: 1 },
        );
      }
      await rm(file, { force: true });
    }
    await this.#forgetPending();
  }

  async #forgetPending(): Promise<void> {
    const { stdout } = await this.#pulumi(['stack', 'export', '--stack', STACK]);
    const exported = JSON.parse(stdout) as { deployment?: { pending_operations?: unknown[] } };
    if ((exported.deployment?.pending_operations?.length ?? 0) === 0) return;
    delete exported.deployment?.pending_operations;
    await this.#pulumi(['stack', 'import', '--stack', STACK], { input: JSON.stringify(exported) });
  }

  #configFlag(words: readonly string[]): string[] {
    const takesConfig = ['up', 'preview', 'destroy', 'refresh', 'config', 'watch'].includes(words[0] ?? '');
    return takesConfig ? ['--config-file', this.#configFile] : [];
  }

  async #pulumi(
    words: readonly string[],
    options: { input?: string; cwd?: string } = {},
  ): Promise<{ stdout: string }> {
    const result = await execa('pulumi', [...words, '--non-interactive', ...this.#configFlag(words)], {
      cwd: this.#options.project,
      env: await this.environment(),
      reject: false,
      ...options,
    });
    if (result.failed) {
      throw new UserError(`pulumi ${words.join(' ')} failed:\n${result.stderr || result.stdout}`, {
        exitCode: 1,
      });
    }
    return { stdout: result.stdout };
  }

  async #stream(words: readonly string[], onLine: (line: string) => void): Promise<void> {
    await mkdir(path.join(this.#options.home, 'log'), { recursive: true });
    const file = path.join(this.#options.home, 'log', 'pulumi.log');
    const record = createWriteStream(file, { flags: 'a' });
    const child = execa('pulumi', [...words, ...this.#configFlag(words)], {
      cwd: this.#options.project,
      env: await this.environment(),
      all: true,
      reject: false,
      buffer: false,
    });
    const last: string[] = [];
    for await (const line of child.iterable({ from: 'all' })) {
      record.write(`${line}\n`);
      last.push(line);
      if (last.length > 400) last.shift();
      onLine(line);
    }
    const { exitCode } = await child;
    await new Promise<void>((resolve) => record.end(resolve));
    if (exitCode !== 0) {
      throw new UserError(
        `pulumi ${words[0] ?? ''} failed:\n${reasons(last)}\nThe whole output is in ${file}.`,
        {
          exitCode: 1,
        },
      );
    }
  }
}

/** What the engine says under "Diagnostics:", where it says anything there. */
function reasons(lines: readonly string[]): string {
  const start = lines.findIndex((line) => line.startsWith('Diagnostics:'));
  return (start < 0 ? lines.slice(-15) : lines.slice(start + 1))
    .filter((line) => line.trim() !== '')
    .join('\n');
}

function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error;
}
