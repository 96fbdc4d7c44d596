import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { Agent, request } from 'undici';

type Answer = { status: number; headers: IncomingHttpHeaders; body: Buffer };
/** A request as it came. */
export type Ask = { method: string; url: string; headers: IncomingHttpHeaders; body: Buffer };
type Send = (ask: Ask) => Promise<Answer>;

type Amazon = {
  endpoint: string;
  /** Are told of every request before it is answered. */
  listeners: Set<(ask: Ask) => void>;
  stop(): Promise<void>;
};

/**
 * A proxy before moto 5.2 that has it answer as Amazon S3 does where it does not:
 * - a bucket's notification document tells that its events go to EventBridge (moto obeys it, and leaves it out);
 * - a condition on one part's HEAD is about the object's ETag, not the part's;
 * - the answer to a completed upload has Amazon's root element;
 * - an object uploaded in parts without an ACL has one all the same (moto: 500);
 * - a bucket that was never versioned has Amazon's root element for that, too.
 */
export async function asAmazon(endpoint: string): Promise<Amazon> {
  const dispatcher = new Agent();
  const send: Send = async ({ method, url, headers, body }) => {
    const answer = await request(endpoint + url, { dispatcher, method: method as 'GET', headers, body });
    return {
      status: answer.statusCode,
      headers: answer.headers,
      body: Buffer.from(await answer.body.arrayBuffer()),
    };
  };
  const switched = new Set<string>();
  const listeners: Amazon['listeners'] = new Set();
  const heard = (ask: Ask) => {
    for (const listener of listeners) listener(ask);
  };
  const server = createServer((incoming, outgoing) => {
    pass(send, switched, heard, incoming, outgoing).catch((error: unknown) =>
      outgoing.destroy(error as Error),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    listeners,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
      await dispatcher.close();
    },
  };
}

async function pass(
  send: Send,
  switched: Set<string>,
  heard: (ask: Ask) => void,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const { method = 'GET', url = '/' } = incoming;
  const headers = { ...incoming.headers };
  delete headers['transfer-encoding'];
  delete headers.connection;
  const ask = { method, url, headers, body: await buffer(incoming) };
  heard(ask);
  const answer = await answerOf(send, ask);
  const body = url.includes('?notification') ? withSwitch(switched, ask, answer) : answer.body;
  delete answer.headers['transfer-encoding'];
  const length = method === 'HEAD' ? answer.headers['content-length'] : String(body.length);
  outgoing.writeHead(answer.status, { ...answer.headers, 'content-length': length ?? '0' });
  outgoing.end(method === 'HEAD' ? undefined : body);
}

async function answerOf(send: Send, ask: Ask): Promise<Answer> {
  const { method, url, headers } = ask;
  if (method === 'HEAD' && url.includes('partNumber=') && headers['if-match'] !== undefined) {
    const whole = await send({ ...ask, url: url.replace(/\?.*/, '') });
    if (whole.status !== 200) return whole;
    delete headers['if-match'];
  }
  if (method === 'POST' && url.includes('?uploads')) headers['x-amz-acl'] ??= 'private';
  const answer = await send(ask);
  if (method === 'POST' && url.includes('uploadId=')) {
    return renamed(answer, 'CompleteMultipartUploadResponse', 'CompleteMultipartUploadResult');
  }
  if (method === 'GET' && url.includes('?versioning')) {
    return renamed(answer, 'GetBucketVersioningResponse', 'VersioningConfiguration');
  }
  return answer;
}

function renamed(answer: Answer, element: string, name: string): Answer {
  return { ...answer, body: Buffer.from(answer.body.toString().replaceAll(element, name)) };
}

function withSwitch(switched: Set<string>, { method, url, body }: Ask, answer: Answer): Buffer {
  if (answer.status !== 200) return answer.body;
  if (method === 'PUT') {
    if (body.includes('<EventBridgeConfiguration')) switched.add(url);
    else switched.delete(url);
    return answer.body;
  }
  if (!switched.has(url)) return answer.body;
  const text = answer.body.toString().trim();
  const open = text.endsWith('/>') ? text.replace(/\/>$/, '></NotificationConfiguration>') : text;
  const at = open.lastIndexOf('</NotificationConfiguration>');
  return Buffer.from(`${open.slice(0, at)}<EventBridgeConfiguration/>${open.slice(at)}`);
}
