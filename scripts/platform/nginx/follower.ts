import { readFile, rename, writeFile } from 'node:fs/promises';
import { originAnswer, originConf, type OriginSettings } from '../../contract/nginx-origin.ts';
import { upstreamsConf, type Upstreams } from '../../contract/nginx-upstreams.ts';
import { messageOf } from '../../contract/errors.ts';
import { log } from '../../contract/log.ts';
import { writeIfChanged, type FollowedFiles } from './files.ts';
import { masterOf, reloadAndConfirm, testConfiguration } from './reload.ts';

export type FollowerOptions = {
  files: FollowedFiles;
  /** The nginx.conf that the stack made, where it is mounted; it changes while we run. */
  configuration: string;
  /** Where this pod's Nginx answers. */
  endpoint: string;
  /** The origin that the ledger has committed. */
  origin: () => Promise<OriginSettings>;
  upstreams: () => Promise<Upstreams>;
};

/**
 * Keeps one Nginx as the ledger and the stack say: its origin, the addresses of the stores, its
 * configuration. Each change is a reload, which ends no request. What cannot be read leaves things as they are; a
 * configuration that Nginx refuses is left out, and does not keep the origin from turning.
 */
export class Follower {
  readonly #options: FollowerOptions;
  #origin: OriginSettings | null = null;
  #mustReload = false;
  #confirmed: string | null = null;
  #refused: string | null = null;
  #aliveAt = performance.now();

  constructor(options: FollowerOptions) {
    this.#options = options;
  }

  /** What `/_origin` says since every request is served by it; null while a turn is under way. */
  get confirmed(): string | null {
    return this.#confirmed;
  }

  /** Seconds since the last step ended. */
  get silentSeconds(): number {
    return (performance.now() - this.#aliveAt) / 1000;
  }

  /** One look, and what follows from it. Throws where it could not be done; the next step tries again. */
  async step(): Promise<void> {
    const { files } = this.#options;
    const origin = await this.#readOrigin();
    const upstreams = await this.#options.upstreams();
    const answer = originAnswer(origin);
    if (this.#confirmed !== answer) this.#confirmed = null;
    const changes = [
      await writeIfChanged(files.origin, originConf(origin)),
      await writeIfChanged(files.upstreams, upstreamsConf(upstreams)),
      await this.#takeConfiguration(),
    ];
    if (changes.includes(true)) this.#mustReload = true;
    if (this.#mustReload || this.#confirmed === null) {
      // Before Nginx runs there is nobody to tell; it reads the files when it starts.
      if ((await masterOf(files.pid)) === 0) return this.#lives();
      await reloadAndConfirm(
        { configuration: files.configuration, pidFile: files.pid, endpoint: this.#options.endpoint },
        answer,
      );
      this.#mustReload = false;
      this.#confirmed = answer;
      log.info({ origin: origin.order, epoch: String(origin.epoch), upstreams }, 'Nginx serves by this now');
    }
    this.#lives();
  }

  #lives(): void {
    this.#aliveAt = performance.now();
  }

  /** A ledger that is away, or behind, is no reason to stop: no turn is committed without it. */
  async #readOrigin(): Promise<OriginSettings> {
    try {
      this.#origin = await this.#options.origin();
    } catch (error) {
      if (this.#origin === null) throw error;
      log.warn({ reason: messageOf(error) }, 'the ledger cannot be followed; the origin stays');
    }
    return this.#origin;
  }

  /** Takes the mounted configuration over once Nginx accepts it. Answers whether it changed. */
  async #takeConfiguration(): Promise<boolean> {
    const { files, configuration } = this.#options;
    const text = await readFile(configuration, 'utf8');
    const standing = await readFile(files.configuration, 'utf8').catch(() => null);
    if (text === standing || text === this.#refused) return false;
    const draft = `${files.configuration}.new`;
    await writeFile(draft, text);
    try {
      await testConfiguration(draft);
    } catch (error) {
      if (standing === null) throw error;
      this.#refused = text;
      log.error({ reason: messageOf(error) }, 'the new configuration is refused; the old one goes on');
      return false;
    }
    await rename(draft, files.configuration);
    return true;
  }
}
