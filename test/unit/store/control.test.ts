import { once } from 'node:events';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { BucketControl } from '../../../scripts/store/control.ts';
import type { DocumentKind } from '../../../scripts/contract/names.ts';

/** What was sent to a store that keeps documents as Amazon S3 does, with headers beside them. */
type Sent = { method: string; url: string; headers: NodeJS.Dict<string | string[]>; body: string };

let server: Server;
let sent: Sent[];
let standing: { body: string; headers: Record<string, string> } | null;
let control: BucketControl;
let kept: [string, DocumentKind, string | null][];

beforeEach(async () => {
  sent = [];
  kept = [];
  standing = null;
  server = createServer((request, response) => {
    void (async () => {
      const { method = '', url = '', headers } = request;
      const body = await text(request);
      if (method !== 'GET') sent.push({ method, url, headers, body });
      if (method === 'PUT') standing = { body, headers: standing?.headers ?? {} };
      if (method === 'DELETE') standing = null;
      if (method !== 'GET') response.writeHead(200).end();
      else if (standing === null) {
        response.writeHead(404).end('<Error><Code>NoSuchLifecycleConfiguration</Code></Error>');
      } else response.writeHead(200, standing.headers).end(standing.body);
    })();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const folder = await mkdtemp(path.join(os.tmpdir(), 'storage-control-'));
  const file = path.join(folder, 'credentials.json');
  await writeFile(file, JSON.stringify({ applications: { accessKeyId: 'a', secretAccessKey: 'b' } }));
  control = await BucketControl.open(
    {
      kind: 'aws',
      endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      region: 'us-east-1',
      addressing: 'path',
      credentials: { kind: 'file', file },
    },
    'applications',
    {
      keepOriginal: (...document) => {
        kept.push(document);
        return Promise.resolve();
      },
    },
  );
});
afterEach(() => {
  control.close();
  server.closeAllConnections();
  server.close();
});

const LEAST = 'x-amz-transition-default-minimum-object-size';
const THEIRS =
  '<Rule><ID>theirs</ID><Prefix>in/</Prefix><Status>Enabled</Status><Expiration><Days>3</Days></Expiration></Rule>';
const lifecycle = (rules: string) => `<LifecycleConfiguration>${rules}</LifecycleConfiguration>`;

describe('a lifecycle document', () => {
  test("keeps the customer's least size of what moves, which is in a header", async () => {
    standing = { body: lifecycle(THEIRS), headers: { [LEAST]: 'varies_by_storage_class' } };
    await control.mergeLifecycle('b', [{ id: 'ours', days: 1 }]);
    await control.removeLifecycle('b', ['ours']);
    expect(sent.map(({ headers }) => headers[LEAST])).toEqual([
      'varies_by_storage_class',
      'varies_by_storage_class',
    ]);
  });

  test('asks for none where there was no document', async () => {
    await control.mergeLifecycle('b', [{ id: 'ours', days: 1 }]);
    expect(sent.map(({ headers }) => headers[LEAST])).toEqual([undefined]);
    await control.removeLifecycle('b', ['ours']);
    expect(sent.map(({ method, url }) => [method, url])).toEqual([
      ['PUT', '/b?lifecycle='],
      ['DELETE', '/b?lifecycle='],
    ]);
  });

  test('names prefixes as its rules do', async () => {
    standing = { body: lifecycle(THEIRS), headers: {} };
    await control.mergeLifecycle('b', [{ id: 'ours', prefix: 'x/', days: 1 }]);
    expect(sent[0]?.body).toContain(`${THEIRS}<Rule><ID>ours</ID><Prefix>x/</Prefix>`);
  });

  test('is kept before it is changed, and not where nothing changes', async () => {
    standing = { body: lifecycle(THEIRS), headers: {} };
    await control.mergeLifecycle('b', [{ id: 'ours', days: 1 }]);
    await control.mergeLifecycle('b', [{ id: 'ours', days: 1 }]);
    expect(kept).toEqual([['b', 'lifecycle', lifecycle(THEIRS)]]);
    expect(sent).toHaveLength(1);
  });
});

describe('a notification document', () => {
  const queue = (id: string) =>
    `<QueueConfiguration><Id>${id}</Id><Queue>arn:${id}</Queue><Event>s3:ObjectCreated:*</Event></QueueConfiguration>`;
  const SKIP = 'x-amz-skip-destination-validation';

  test('is tried by S3 where something is new, and not where something goes', async () => {
    const document = `<NotificationConfiguration>${queue('theirs')}</NotificationConfiguration>`;
    standing = { body: document, headers: {} };
    await control.mergeNotification('b', [{ id: 'ours', kind: 'queue', arn: 'arn:ours', events: ['e'] }]);
    await control.removeNotification('b', ['ours']);
    expect(sent.map(({ headers }) => headers[SKIP])).toEqual([undefined, 'true']);
    expect(sent[1]?.body).toContain(queue('theirs'));
  });
});

test('what somebody else wrote meanwhile is reported', async () => {
  server.prependListener('request', (request) => {
    // Between our PUT and our reading back another PUT wins.
    if (request.method === 'GET' && sent.length > 0) standing = { body: lifecycle(THEIRS), headers: {} };
  });
  await expect(control.mergeLifecycle('b', [{ id: 'ours', days: 1 }])).rejects.toThrow(
    /The lifecycle document of b is not what was written: somebody else changes it/,
  );
});
