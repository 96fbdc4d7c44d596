import { isDeepStrictEqual } from 'node:util';
import type { StoreEndpoint } from '../contract/environment.ts';
import {
  BucketDocuments,
  changedMeanwhile,
  LEAST_SIZE,
  withDigest,
  type KeepOriginal,
  type Standing,
} from './bucket-documents.ts';
import { StoreClient } from './client.ts';
import * as documents from './documents.ts';
import * as policies from './policy.ts';
import { parseXml, textOf } from './xml.ts';

export type { ExpiryRule, LifecycleRule, NotificationEntry } from './documents.ts';
export type { KeepOriginal } from './bucket-documents.ts';
export type { Policy, PolicyStatement } from './policy.ts';

/** What stood before a change. null: the bucket had no such document. */
export type Before = { before: string | null };

export type ControlOptions = {
  /** Default 10. */
  requestSeconds?: number;
  keepOriginal?: KeepOriginal;
};

/**
 * A bucket's own documents. There is one of each kind, and the customer's entries are in it: every
 * change reads it, puts in or takes out what is ours by its id, writes it, and reads back the result.
 * Two such changes at once can undo each other (S3 has no conditional write here), which the reading
 * back reports; they are made under the step's lock.
 */
export class BucketControl {
  readonly #client: StoreClient;
  readonly #documents: BucketDocuments;

  private constructor(client: StoreClient, keepOriginal: KeepOriginal | undefined) {
    this.#client = client;
    this.#documents = new BucketDocuments(client, keepOriginal);
  }

  /** @param user the buckets' owner, `applications` */
  static async open(
    endpoint: StoreEndpoint,
    user: string,
    options: ControlOptions = {},
  ): Promise<BucketControl> {
    const requestSeconds = options.requestSeconds ?? 10;
    const client = await StoreClient.open(endpoint, user, { requestSeconds, connections: 4 });
    return new BucketControl(client, options.keepOriginal);
  }

  close(): void {
    void this.#client.close();
  }

  async policy(bucket: string): Promise<policies.Policy | null> {
    const standing = await this.#documents.read(bucket, 'policy');
    return standing === null ? null : policies.parsePolicy(standing.text);
  }

  /** Puts in statements, in place of those with the same Sid. */
  async mergePolicy(bucket: string, statements: policies.PolicyStatement[]): Promise<Before> {
    return this.#changePolicy(bucket, (policy) => policies.mergeStatements(policy, statements));
  }

  async removePolicy(bucket: string, sids: readonly string[]): Promise<Before> {
    return this.#changePolicy(bucket, (policy) => policies.withoutStatements(policy, sids));
  }

  /** The ids of the bucket's rules. */
  async lifecycleIds(bucket: string): Promise<string[]> {
    return idsOf(await this.lifecycle(bucket));
  }

  /** The rules, the customer's and ours, each as the text that it is. */
  async lifecycle(bucket: string): Promise<documents.Entry[]> {
    return documents.lifecycleEntries((await this.#documents.read(bucket, 'lifecycle'))?.text ?? '');
  }

  /**
   * Puts in rules, in place of those with the same id.
   * @param inPlaceOf ids of ours that go in the same change: what was set by settings that are gone
   */
  async mergeLifecycle(
    bucket: string,
    rules: documents.LifecycleRule[],
    inPlaceOf: readonly string[] = [],
  ): Promise<Before> {
    return this.#changeLifecycle(bucket, (entries) => {
      const kept = documents.withoutEntries(entries, [...inPlaceOf, ...rules.map(({ id }) => id)]);
      const dialect = documents.lifecycleDialect(kept);
      return [...kept, ...rules.map((rule) => documents.lifecycleEntry(rule, dialect))];
    });
  }

  async removeLifecycle(bucket: string, ids: readonly string[]): Promise<Before> {
    return this.#changeLifecycle(bucket, (entries) => documents.withoutEntries(entries, ids));
  }

  /** All notifications, the customer's and ours; EventBridge too, without an id. */
  async notifications(bucket: string): Promise<documents.Entry[]> {
    return documents.notificationEntries((await this.#documents.read(bucket, 'notification'))?.text ?? '');
  }

  /** The ids of all notifications. */
  async notificationIds(bucket: string): Promise<string[]> {
    return idsOf(await this.notifications(bucket));
  }

  async mergeNotification(bucket: string, notifications: documents.NotificationEntry[]): Promise<Before> {
    const ours = notifications.map(documents.notificationEntry);
    const before = await this.#documents.read(bucket, 'notification');
    const wanted = documents.mergeEntries(documents.notificationEntries(before?.text ?? ''), ours);
    await this.#writeNotification(bucket, wanted, before);
    await this.#documents.prove(bucket, 'notification', wanted, []);
    return { before: before?.text ?? null };
  }

  async removeNotification(bucket: string, ids: readonly string[]): Promise<Before> {
    const before = await this.#documents.read(bucket, 'notification');
    const entries = documents.notificationEntries(before?.text ?? '');
    const wanted = documents.withoutEntries(entries, ids);
    if (this.#client.endpoint.kind === 'ceph') {
      // RGW 16.2.15 merges what is PUT into what is there, by id, and refuses an empty document; it takes
      // out one notification by its id. Without an id it takes out all: never send an empty one.
      const standing = idsOf(entries);
      const doomed = ids.filter((each) => each !== '' && standing.includes(each));
      if (doomed.length > 0) await this.#documents.keep(bucket, 'notification', before?.text ?? null);
      for (const id of doomed) {
        await this.#client.send({ method: 'DELETE', bucket, query: { notification: id } });
      }
    } else if (wanted.length !== entries.length) {
      await this.#writeNotification(bucket, wanted, before, { validate: false });
    }
    await this.#documents.prove(bucket, 'notification', wanted, ids);
    return { before: before?.text ?? null };
  }

  /**
   * Has all events of a bucket go to EventBridge too, or no more. Amazon S3 only. There is one switch for
   * everybody: before it is turned off, make sure that nobody else turned it on.
   */
  async setEventBridge(bucket: string, on: boolean): Promise<Before> {
    const before = await this.#documents.read(bucket, 'notification');
    const entries = documents.notificationEntries(before?.text ?? '');
    if (entries.some(documents.isEventBridge) !== on) {
      const others = entries.filter((entry) => !documents.isEventBridge(entry));
      const wanted = on ? [...others, documents.EVENT_BRIDGE] : others;
      await this.#writeNotification(bucket, wanted, before, { validate: false });
      const stands = await this.notifications(bucket);
      if (stands.some(documents.isEventBridge) !== on) throw changedMeanwhile(bucket, 'notification');
      await this.#documents.prove(bucket, 'notification', wanted, []);
    }
    return { before: before?.text ?? null };
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

  async #changePolicy(bucket: string, change: (policy: string | null) => string | null): Promise<Before> {
    const before = (await this.#documents.read(bucket, 'policy'))?.text ?? null;
    const wanted = change(before);
    if (!policies.samePolicy(before, wanted)) {
      await this.#documents.write(bucket, 'policy', wanted, before);
      const stands = (await this.#documents.read(bucket, 'policy'))?.text ?? null;
      if (!policies.samePolicy(stands, wanted)) throw changedMeanwhile(bucket, 'policy');
    }
    return { before };
  }

  async #changeLifecycle(
    bucket: string,
    change: (entries: documents.Entry[]) => documents.Entry[],
  ): Promise<Before> {
    const before = await this.#documents.read(bucket, 'lifecycle');
    const entries = documents.lifecycleEntries(before?.text ?? '');
    const wanted = change(entries);
    if (!isDeepStrictEqual(entries, wanted)) {
      const document = wanted.length === 0 ? null : documents.lifecycleDocument(wanted);
      const least = before?.headers[LEAST_SIZE];
      const headers = least === undefined ? {} : { [LEAST_SIZE]: least };
      await this.#documents.write(bucket, 'lifecycle', document, before?.text ?? null, headers);
    }
    const kept = new Set(wanted.map((entry) => entry.id));
    const gone = idsOf(entries).filter((id) => !kept.has(id));
    await this.#documents.prove(bucket, 'lifecycle', wanted, gone);
    return { before: before?.text ?? null };
  }

  /**
   * S3 tries every destination of the document, the customer's too, and refuses all of it where one is gone.
   * @param options.validate false where nothing is new that could be tried. Default: true
   */
  async #writeNotification(
    bucket: string,
    entries: documents.Entry[],
    before: Standing | null,
    options: { validate?: boolean } = {},
  ): Promise<void> {
    const aws = this.#client.endpoint.kind === 'aws';
    const headers: Record<string, string> =
      aws && options.validate === false ? { 'x-amz-skip-destination-validation': 'true' } : {};
    const document = documents.notificationDocument(entries);
    await this.#documents.write(bucket, 'notification', document, before?.text ?? null, headers);
  }
}

function idsOf(entries: readonly documents.Entry[]): string[] {
  return entries.flatMap((entry) => entry.id ?? []);
}
