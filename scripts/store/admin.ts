import type { Credentials } from './identity/ambient.ts';
import type { StoreEndpoint } from '../contract/environment.ts';
import { trustedAuthorities } from './identity/authorities.ts';
import { credentialsProvider } from './identity/credentials.ts';
import { hasCode } from './errors.ts';
import { Transport } from './http.ts';
import type { StoreRequest } from './request.ts';

export type RgwUser = {
  user_id: string;
  suspended: 0 | 1;
  keys: { user: string; access_key: string; secret_key: string }[];
};
export type RgwUsage = {
  category: string;
  ops: number;
  successfulOps: number;
  bytesSent: number;
  bytesReceived: number;
};

/**
 * The admin operations of RGW (REST under `/admin`), as a user with `users=*;buckets=*;usage=*`.
 *
 * Suspending takes effect at once on the RGW that does it (16.2.15, tried: the very next PUT is refused
 * with 403 UserSuspended). A request that was let in before goes on to its end.
 */
export class RgwAdmin {
  readonly #transport: Transport;

  private constructor(transport: Transport) {
    this.#transport = transport;
  }

  static async open(
    endpoint: StoreEndpoint,
    user = 'admin',
    options: { requestSeconds?: number } = {},
  ): Promise<RgwAdmin> {
    const credentials = await credentialsProvider(endpoint.credentials, user);
    const requestSeconds = options.requestSeconds ?? 10;
    return new RgwAdmin(
      new Transport(endpoint, credentials, {
        requestSeconds,
        connections: 4,
        authorities: await trustedAuthorities(endpoint),
      }),
    );
  }

  close(): Promise<void> {
    return this.#transport.close();
  }

  /** null where there is no such user. */
  async user(uid: string): Promise<RgwUser | null> {
    try {
      return (await this.#send('GET', 'admin/user', { uid })) as RgwUser;
    } catch (error) {
      if (hasCode(error, 'NoSuchUser')) {
        return null;
      }
      throw error;
    }
  }

  /** Makes a user with this access key, or gives the key to the one there is. */
  async createUser(uid: string, key: Credentials, options: { displayName?: string } = {}): Promise<void> {
    const keys = { 'access-key': key.accessKeyId, 'secret-key': key.secretAccessKey };
    if ((await this.user(uid)) === null) {
      await this.#send('PUT', 'admin/user', { uid, 'display-name': options.displayName ?? uid, ...keys });
    } else {
      await this.#send('POST', 'admin/user', { uid, ...keys });
    }
  }

  /** Succeeds where there is no such user. Refused while the user owns buckets. */
  async removeUser(uid: string): Promise<void> {
    try {
      await this.#send('DELETE', 'admin/user', { uid });
    } catch (error) {
      if (!hasCode(error, 'NoSuchUser')) {
        throw error;
      }
    }
  }

  suspendUser(uid: string): Promise<void> {
    return this.#setSuspended(uid, true);
  }

  enableUser(uid: string): Promise<void> {
    return this.#setSuspended(uid, false);
  }

  /** What a user did, by kind of request. Empty where `rgw_enable_usage_log` is off. */
  async usage(uid: string): Promise<RgwUsage[]> {
    type Category = {
      category: string;
      ops: number;
      successful_ops: number;
      bytes_sent: number;
      bytes_received: number;
    };
    const answer = (await this.#send('GET', 'admin/usage', { uid, 'show-entries': 'false' })) as {
      summary: { categories: Category[] }[];
    };
    return answer.summary.flatMap((summary) =>
      summary.categories.map((category) => ({
        category: category.category,
        ops: category.ops,
        successfulOps: category.successful_ops,
        bytesSent: category.bytes_sent,
        bytesReceived: category.bytes_received,
      })),
    );
  }

  async #setSuspended(uid: string, suspended: boolean): Promise<void> {
    await this.#send('POST', 'admin/user', { uid, suspended: String(suspended) });
  }

  async #send(method: StoreRequest['method'], key: string, query: Record<string, string>): Promise<unknown> {
    const answer = await this.#transport.send({
      method,
      key,
      query: { ...query, format: 'json' },
      repeatable: true,
    });
    return answer.text === '' ? null : JSON.parse(answer.text);
  }
}
