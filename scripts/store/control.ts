import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { StoreEndpoint } from '../environment.ts';
import { UserError } from '../errors.ts';
import { StoreClient } from './client.ts';
import * as documents from './documents.ts';
import { hasCode } from './errors.ts';
import { parseXml, textOf } from './xml.ts';

export type { ExpiryRule, NotificationEntry, Policy, PolicyStatement } from './documents.ts';

/** What stood before a change, to be kept by whoever made it. null: the bucket had no such document. */
export type Before = { before: string | null };

type DocumentKind = 'policy' | 'lifecycle' | 'notification';

/**
 * A bucket's own documents. There is one of each kind, and the customer's entries are in it: every
 * change reads it, puts in or takes out what is ours by its id, writes it, and reads back what stands.
 * Two such changes at once can undo each other (S3 has no conditional write here), which the reading
 * back reports; they are made under the step's lock.
 */
export class BucketControl {
  readonly #client: StoreClient;

  private constructor(client: StoreClient) {
    this.#client = client;
  }

  /** @param user the buckets' owner, `applications` */
  static async open(
    endpoint: StoreEndpoint,
    user: string,
    options: { requestSeconds?: number } = {},
  ): Promise<BucketControl> {
    const requestSeconds = options.requestSeconds ?? 10;
    return new BucketControl(await StoreClient.open(endpoint, user, { requestSeconds, connections: 4 }));
  }

  close(): void {
    void this.#client.close();
  }

  async policy(bucket: string): Promise<documents.Policy | null> {
    const text = await this.#read(bucket, 'policy');
    return text === null ? null : (JSON.parse(text) as documents.Policy);
  }

  /** Puts in statements, in place of those with the same Sid. */
  async mergePolicy(bucket: string, statements: documents.PolicyStatement[]): Promise<Before> {
    return this.#changePolicy(bucket, (policy) => documents.mergeStatements(policy, statements));
  }

  async removePolicy(bucket: string, sids: readonly string[]): Promise<Before> {
    return this.#changePolicy(bucket, (policy) => documents.withoutStatements(policy, sids));
  }

  /** The ids of the rules that stand. */
  async lifecycleIds(bucket: string): Promise<string[]> {
    const entries = documents.lifecycleEntries((await this.#read(bucket, 'lifecycle')) ?? '');
    return entries.flatMap((entry) => entry.id ?? []);
  }

  /** Puts in expiry rules over the whole bucket, in place of those with the same id. */
  async mergeLifecycle(bucket: string, rules: documents.ExpiryRule[]): Promise<Before> {
    const ours = rules.map(documents.lifecycleEntry);
    return this.#changeLifecycle(bucket, (entries) => documents.mergeEntries(entries, ours));
  }

  async removeLifecycle(bucket: string, ids: readonly string[]): Promise<Before> {
    return this.#changeLifecycle(bucket, (entries) => documents.withoutEntries(entries, ids));
  }

  /** The ids of the notifications that stand. */
  async notificationIds(bucket: string): Promise<string[]> {
    const entries = documents.notificationEntries((await this.#read(bucket, 'notification')) ?? '');
    return entries.flatMap((entry) => entry.id ?? []);
  }

  async mergeNotification(bucket: string, notifications: documents.NotificationEntry[]): Promise<Before> {
    const ours = notifications.map(documents.notificationEntry);
    const before = await this.#read(bucket, 'notification');
    const wanted = documents.mergeEntries(documents.notificationEntries(before ?? ''), ours);
    await this.#write(bucket, 'notification', documents.notificationDocument(wanted));
    await this.#proveEntries(bucket, 'notification', wanted, []);
    return { before };
  }

  async removeNotification(bucket: string, ids: readonly string[]): Promise<Before> {
    const before = await this.#read(bucket, 'notification');
    const entries = documents.notificationEntries(before ?? '');
    const wanted = documents.withoutEntries(entries, ids);
    if (this.#client.endpoint.kind === 'ceph') {
      // RGW 16.2.15 merges what is PUT into what stands, by id, and refuses an empty document; it takes
      // out one notification by its id. Without an id it takes out all: never send an empty one.
      const standing = entries.flatMap((entry) => entry.id ?? []);
      for (const id of ids.filter((each) => each !== '' && standing.includes(each))) {
        await this.#client.send({ method: 'DELETE', bucket, query: { notification: id } });
      }
    } else if (wanted.length !== entries.length) {
      await this.#write(bucket, 'notification', documents.notificationDocument(wanted));
    }
    await this.#proveEntries(bucket, 'notification', wanted, ids);
    return { before };
  }

  async versioning(bucket: string): Promise<'off' | 'Enabled' | 'Suspended'> {
    const answer = await this.#client.send({ method: 'GET', bucket, query: { versioning: '' } });
    const status = textOf(parseXml(answer.text, 'VersioningConfiguration'), 'Status');
    return status === 'Enabled' || status === 'Suspended' ? status : 'off';
  }

  /** A bucket that was never versioned stays so when `enabled` is false; else it becomes Suspended. */
  async setVersioning(bucket: string, enabled: boolean): Promise<void> {
    const status = await this.versioning(bucket);
    const wanted = enabled ? 'Enabled' : status === 'off' ? 'off' : 'Suspended';
    if (status === wanted) {
      return;
    }
    const body = `<VersioningConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Status>${wanted}</Status></VersioningConfiguration>`;
    await this.#client.send({ method: 'PUT', bucket, query: { versioning: '' }, ...withDigest(body) });
    const stands = await this.versioning(bucket);
    if (stands !== wanted) {
      throw changedMeanwhile(bucket, 'versioning');
    }
  }

  async #changePolicy(
    bucket: string,
    change: (policy: documents.Policy | null) => documents.Policy | null,
  ): Promise<Before> {
    const before = await this.#read(bucket, 'policy');
    const current = before === null ? null : (JSON.parse(before) as documents.Policy);
    const wanted = change(current);
    if (!isDeepStrictEqual(current, wanted)) {
      await this.#write(bucket, 'policy', wanted === null ? null : JSON.stringify(wanted));
      if (!isDeepStrictEqual(await this.policy(bucket), wanted)) {
        throw changedMeanwhile(bucket, 'policy');
      }
    }
    return { before };
  }

  async #changeLifecycle(
    bucket: string,
    change: (entries: documents.Entry[]) => documents.Entry[],
  ): Promise<Before> {
    const before = await this.#read(bucket, 'lifecycle');
    const entries = documents.lifecycleEntries(before ?? '');
    const wanted = change(entries);
    if (!isDeepStrictEqual(entries, wanted)) {
      const document = wanted.length === 0 ? null : documents.lifecycleDocument(wanted);
      await this.#write(bucket, 'lifecycle', document);
    }
    const kept = new Set(wanted.map((entry) => entry.id));
    const gone = entries.flatMap((entry) => (kept.has(entry.id) ? [] : (entry.id ?? [])));
    await this.#proveEntries(bucket, 'lifecycle', wanted, gone);
    return { before };
  }

  /** Reads back: every entry wanted stands, those removed do not. */
  async #proveEntries(
    bucket: string,
    kind: 'lifecycle' | 'notification',
    wanted: documents.Entry[],
    gone: readonly string[],
  ): Promise<void> {
    const read = kind === 'lifecycle' ? documents.lifecycleEntries : documents.notificationEntries;
    const stands = read((await this.#read(bucket, kind)) ?? '').map((entry) => entry.id);
    const missing = wanted.some((entry) => entry.id !== undefined && !stands.includes(entry.id));
    if (missing || stands.length < wanted.length || gone.some((id) => stands.includes(id))) {
      throw changedMeanwhile(bucket, kind);
    }
  }

  async #read(bucket: string, kind: DocumentKind): Promise<string | null> {
    try {
      return (await this.#client.send({ method: 'GET', bucket, query: { [kind]: '' } })).text;
    } catch (error) {
      if (hasCode(error, 'NoSuchBucketPolicy', 'NoSuchLifecycleConfiguration')) {
        return null;
      }
      throw error;
    }
  }

  async #write(bucket: string, kind: DocumentKind, document: string | null): Promise<void> {
    const query = { [kind]: '' };
    await this.#client.send(
      document === null
        ? { method: 'DELETE', bucket, query }
        : { method: 'PUT', bucket, query, ...withDigest(document) },
    );
  }
}

function withDigest(document: string): { body: Buffer; headers: Record<string, string> } {
  const body = Buffer.from(document);
  return { body, headers: { 'content-md5': createHash('md5').update(body).digest('base64') } };
}

function changedMeanwhile(bucket: string, kind: string): UserError {
  return new UserError(
    `The ${kind} document of ${bucket} is not what was written: somebody else changes it at the same time. ` +
      'Let them finish and run this again.',
    { exitCode: 1 },
  );
}
