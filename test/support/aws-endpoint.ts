import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One call of an AWS API, as a hook made it. */
export type AwsCall = {
  /** For example `lambda.Invoke` or `ssm.SendCommand`. */
  action: string;
  /** What was asked; for a Lambda `{ FunctionName, Payload }`. */
  input: Record<string, unknown>;
};

/** What an API answers to a call; throws `Refusal` where it refuses. */
export type AwsAnswer = (input: Record<string, unknown>) => Record<string, unknown>;

export class Refusal extends Error {
  /** AWS's name of the error. */
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

const SERVICES: Record<string, string> = {
  AmazonSSM: 'ssm',
  secretsmanager: 'secretsmanager',
  AmazonSQS: 'sqs',
  Logs_20140328: 'logs',
  AmazonEC2ContainerRegistry_V20150921: 'ecr',
};

/**
 * The endpoints of the AWS APIs that hooks call, on loopback. Records every call and answers what the test
 * says. What nobody said an answer for is refused, so that a call too many fails the update.
 */
export class AwsEndpoint {
  readonly calls: AwsCall[] = [];
  /** By action. A test may replace or add any. */
  readonly answers: Record<string, AwsAnswer>;
  readonly #server: Server;

  private constructor(answers: Record<string, AwsAnswer>) {
    this.answers = answers;
    this.#server = createServer((request, response) => {
      void body(request).then((text) => {
        const { status, value } = this.#answer(request, text);
        response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' });
        response.end(JSON.stringify(value));
      });
    });
  }

  static async start(answers: Record<string, AwsAnswer>): Promise<AwsEndpoint> {
    const endpoint = new AwsEndpoint(answers);
    await new Promise<void>((resolve) => endpoint.#server.listen(0, '127.0.0.1', resolve));
    return endpoint;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer(request: IncomingMessage, text: string): { status: number; value: unknown } {
    const call = callOf(request, text);
    this.calls.push(call);
    const answer = this.answers[call.action];
    try {
      if (answer === undefined) {
        throw new Refusal(
          'UnexpectedCall',
          `No test says what ${call.action} answers: ${text.slice(0, 500)}`,
        );
      }
      return { status: 200, value: answer(call.input) };
    } catch (error) {
      const code = error instanceof Refusal ? error.code : 'InternalError';
      const message = error instanceof Error ? error.message : String(error);
      return { status: 400, value: { __type: code, message } };
    }
  }
}

/** Which API is asked for what: by the header of the JSON protocols, by the path of Lambda's. */
function callOf(request: IncomingMessage, text: string): AwsCall {
  const url = decodeURIComponent(request.url ?? '');
  const [, name] = /^\/2015-03-31\/functions\/([^/]+)\/invocations/.exec(url) ?? [];
  if (name !== undefined) {
    return { action: 'lambda.Invoke', input: { FunctionName: name, Payload: parsed(text) } };
  }
  const [target = '', action = ''] = String(request.headers['x-amz-target'] ?? '').split('.');
  const service = SERVICES[target] ?? target;
  return {
    action: service === '' ? `${request.method} ${url}` : `${service}.${action}`,
    input: parsed(text),
  };
}

function parsed(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return { text };
  }
}

async function body(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
