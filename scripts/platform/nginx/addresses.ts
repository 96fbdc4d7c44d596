import { Resolver } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { Upstreams } from '../../contract/nginx-upstreams.ts';
import { messageOf } from '../../contract/errors.ts';
import { log } from '../../contract/log.ts';

/** Answers with the IPv4 addresses of a name. */
export type LookUp = (host: string) => Promise<string[]>;

/** Where something is, and how often its name is looked up. */
export type NamedServer = { url: string; everySeconds: number };

const LOOK_UP_MILLISECONDS = 2000;

const resolver = new Resolver({ timeout: LOOK_UP_MILLISECONDS, tries: 2 });

/**
 * The addresses of names that change while Nginx runs: Nginx 1.22 looks names up only when it starts. A name
 * that cannot be looked up keeps the addresses that it had.
 */
export class Addresses {
  readonly #servers: Record<keyof Upstreams, NamedServer>;
  readonly #lookUp: LookUp;
  readonly #now: () => number;
  readonly #known = new Map<string, { addresses: string[]; at: number }>();

  constructor(
    servers: Record<keyof Upstreams, NamedServer>,
    {
      lookUp = (host) => resolver.resolve4(host),
      now = () => performance.now(),
    }: { lookUp?: LookUp; now?: () => number } = {},
  ) {
    this.#servers = servers;
    this.#lookUp = lookUp;
    this.#now = now;
  }

  /** Throws Error where a name has never been found. */
  async upstreams(): Promise<Upstreams> {
    const [ceph, s3, pending] = await Promise.all([
      this.#addressesOf(this.#servers.ceph),
      this.#addressesOf(this.#servers.s3),
      this.#addressesOf(this.#servers.pending),
    ]);
    return { ceph, s3, pending };
  }

  async #addressesOf({ url, everySeconds }: NamedServer): Promise<string[]> {
    const { hostname, port, protocol } = new URL(url);
    const withPort = (address: string) => `${address}:${port === '' ? DEFAULT_PORTS[protocol] : port}`;
    if (isIP(hostname) !== 0) return [withPort(hostname)];
    const known = this.#known.get(hostname);
    if (known !== undefined && this.#now() - known.at < everySeconds * 1000) {
      return known.addresses.map(withPort);
    }
    const found = await this.#lookUp(hostname).catch((error: unknown) => {
      if (known === undefined) throw error;
      log.warn({ hostname, reason: messageOf(error) }, 'a name was not found; its last addresses stay');
      return known.addresses;
    });
    // In one order: servers answer in another each time, and each change is a reload.
    const addresses =
      found.length === 0 && known !== undefined ? known.addresses : [...new Set(found)].sort();
    this.#known.set(hostname, { addresses, at: this.#now() });
    return addresses.map(withPort);
  }
}

const DEFAULT_PORTS: Record<string, string> = { 'http:': '80', 'https:': '443' };
