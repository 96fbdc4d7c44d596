import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { request } from 'undici';

/**
 * Stands before moto 5.2, which obeys the switch that sends a bucket's events to EventBridge but leaves it
 * out of the document that it answers; Amazon S3 answers it.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketNotificationConfiguration.html
 */
export async function withEventBridgeSwitch(
  endpoint: string,
): Promise<{ endpoint: string; stop(): Promise<void> }> {
  const switched = new Set<string>();
  const server = createServer((incoming, outgoing) => {
    pass(endpoint, switched, incoming, outgoing).catch((error: unknown) => outgoing.destroy(error as Error));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function pass(
  endpoint: string,
  switched: Set<string>,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const { method = 'GET', url = '/' } = incoming;
  const body = await buffer(incoming);
  const headers = { ...incoming.headers };
  delete headers['transfer-encoding'];
  delete headers.connection;
  const answer = await request(endpoint + url, { method: method as 'GET', headers, body });
  let bytes = Buffer.from(await answer.body.arrayBuffer());
  if (url.includes('?notification') && answer.statusCode === 200) {
    if (method === 'PUT') {
      if (body.includes('<EventBridgeConfiguration')) switched.add(url);
      else switched.delete(url);
    } else if (switched.has(url)) {
      const text = bytes.toString().trim();
      const open = text.endsWith('/>') ? text.replace(/\/>$/, '></NotificationConfiguration>') : text;
      const at = open.lastIndexOf('</NotificationConfiguration>');
      bytes = Buffer.from(`${open.slice(0, at)}<EventBridgeConfiguration/>${open.slice(at)}`);
    }
  }
  delete answer.headers['transfer-encoding'];
  outgoing.writeHead(answer.statusCode, { ...answer.headers, 'content-length': String(bytes.length) });
  outgoing.end(method === 'HEAD' ? undefined : bytes);
}
