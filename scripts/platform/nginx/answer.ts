import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Follower } from './follower.ts';

/** A follower that has not ended a step for so long is restarted. */
const SILENT_SECONDS = 60;

/**
 * Tells others the state of a follower.
 *
 * - `GET /_origin`: the origin and epoch by which every request is served; 503 while it turns. Unlike
 *   Nginx's own answer it comes only when no worker of before takes connections any more.
 * - `GET /ready`: 200 once Nginx may start.
 * - `GET /alive`: 200 while steps are made.
 */
export async function serveFollower(
  follower: Follower,
  { port, host, ready }: { port: number; host: string; ready: () => boolean },
): Promise<{ port: number; close: () => Promise<void> }> {
  const server: Server = createServer((request, response) => {
    const say = (status: number, body: string, type = 'text/plain') =>
      response.writeHead(status, { 'content-type': type }).end(body);
    switch (request.url) {
      case '/_origin':
        return follower.confirmed === null
          ? say(503, 'turning\n')
          : say(200, follower.confirmed, 'application/json');
      case '/ready':
        return ready() ? say(200, 'ready\n') : say(503, 'not yet\n');
      case '/alive':
        return follower.silentSeconds < SILENT_SECONDS ? say(200, 'alive\n') : say(503, 'stuck\n');
      default:
        return say(404, 'no such question\n');
    }
  });
  server.listen(port, host);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
