import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The answer to one invocation; an error is what the runtime reports of a function that was ended. */
export type Invocation = (name: string, event: unknown) => Promise<unknown>;

/** A function that was ended by Lambda, and the last lines of its log. */
export class Ended extends Error {
  readonly log: string;
  constructor(message: string, log: string) {
    super(message);
    this.log = log;
  }
}

/**
 * Speaks Lambda's Invoke API (`POST /2015-03-31/functions/NAME/invocations`) and runs the function in this
 * process. The real one wants containers.
 *
 * @param before called first; may answer or end the connection itself and return true
 */
export async function lambdaRuntime(
  run: Invocation,
  before: (request: IncomingMessage, response: ServerResponse) => boolean = () => false,
): Promise<{ endpoint: string; stop: () => Promise<void> }> {
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const name = /^\/2015-03-31\/functions\/([^/]+)\/invocations/.exec(request.url ?? '')?.[1] ?? '';
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (before(request, response)) return;
    try {
      const event = JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown;
      const result = await run(decodeURIComponent(name), event);
      response.setHeader('content-type', 'application/json').end(JSON.stringify(result));
    } catch (error) {
      response.setHeader('x-amz-function-error', 'Unhandled');
      const log = error instanceof Ended ? error.log : '';
      response.setHeader('x-amz-log-result', Buffer.from(log).toString('base64'));
      const errorMessage = error instanceof Error ? error.message : String(error);
      response.end(JSON.stringify({ errorType: 'Function.Ended', errorMessage }));
    }
  };
  const server = createServer((request, response) => void answer(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
