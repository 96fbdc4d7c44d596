import { once } from 'node:events';
import http from 'node:http';
import { type AddressInfo } from 'node:net';

/** A proxy before a store. */
export type UnreliableListing = {
  endpoint: string;
  /** How many pages failed so far. */
  failed(): number;
  close(): Promise<void>;
};

/**
 * Passes everything on as it is, but for pages of listings after the first: those are answered with 500,
 * or cut off in the middle of the document with a length that fits.
 */
export async function unreliableListing(endpoint: string, how: '500' | 'cut'): Promise<UnreliableListing> {
  let failed = 0;
  const server = http.createServer((request, response) => {
    const isLaterPage = request.url?.includes('start-after=') === true;
    if (isLaterPage && how === '500') {
      failed += 1;
      request.resume();
      response.writeHead(500).end();
      return;
    }
    const { hostname, port } = new URL(endpoint);
    const { method, url: requestPath, headers } = request;
    const onward = http.request({ hostname, port, method, path: requestPath, headers }, (answer) => {
      if (!isLaterPage) {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
        return;
      }
      void (async () => {
        const chunks: Buffer[] = [];
        for await (const chunk of answer) chunks.push(chunk as Buffer);
        const whole = Buffer.concat(chunks);
        failed += 1;
        response.writeHead(200, { 'content-type': 'application/xml' });
        response.end(whole.subarray(0, whole.length / 2));
      })();
    });
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    failed: () => failed,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
