import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { XMLParser } from 'fast-xml-parser';

/** What supervisord's XML-RPC answers with. */
export type Value = string | number | boolean | Value[] | { [name: string]: Value };

/** An answer of the server that says no; `code` as in supervisor/xmlrpc.py. */
export class Fault extends Error {
  readonly code: number;

  constructor(code: number, text: string) {
    super(text);
    this.name = 'Fault';
    this.code = code;
  }
}

/**
 * One call over a Unix socket. Throws Fault where the server refuses, and the socket's error (`ENOENT`,
 * `ECONNREFUSED`) where nobody listens.
 */
export async function call(
  socketPath: string,
  method: string,
  params: readonly (string | boolean)[],
): Promise<Value> {
  const sent = request({ socketPath, path: '/RPC2', method: 'POST', agent: false });
  sent.setHeader('content-type', 'text/xml');
  // One that comes while the answer is read ends that, too.
  sent.on('error', () => undefined);
  sent.end(encodeCall(method, params));
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  const document = await text(answer);
  if (answer.statusCode === 200) return decodeAnswer(document);
  throw new Error(`${method}: the supervisor answered ${String(answer.statusCode)}`);
}

/** The document of a call. Text must not hold control characters, which XML cannot carry. */
export function encodeCall(method: string, params: readonly (string | boolean)[]): string {
  const encoded = params.map((value) =>
    typeof value === 'string'
      ? `<string>${value.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</string>`
      : `<boolean>${Number(value)}</boolean>`,
  );
  const list = encoded.map((value) => `<param><value>${value}</value></param>`).join('');
  return `<?xml version="1.0"?><methodCall><methodName>${method}</methodName><params>${list}</params></methodCall>`;
}

const parser = new XMLParser({
  parseTagValue: false,
  isArray: (name) => name === 'value' || name === 'member',
});

/** A `<value>` as the parser gives it; supervisord always names its type. */
type Encoded = Partial<Record<'int' | 'boolean' | 'string', string>> & {
  array?: { data: { value?: Encoded[] } | '' };
  struct?: { member: { name: string; value: [Encoded] }[] };
};

/** The value of an answer. Throws Fault where it is one. */
export function decodeAnswer(document: string): Value {
  const { methodResponse } = parser.parse(document) as {
    methodResponse: { fault?: { value: [Encoded] }; params: { param: { value: [Encoded] } } };
  };
  if (methodResponse.fault === undefined) return decode(methodResponse.params.param.value[0]);
  const { faultCode, faultString } = decode(methodResponse.fault.value[0]) as Record<string, Value>;
  throw new Fault(Number(faultCode), faultString as string);
}

function decode({ int, boolean, string, array, struct }: Encoded): Value {
  if (int !== undefined) return Number(int);
  if (boolean !== undefined) return boolean === '1';
  if (string !== undefined) return string;
  if (array !== undefined) return array.data === '' ? [] : (array.data.value ?? []).map(decode);
  if (struct === undefined) throw new Error('XML-RPC: a value without a type that supervisord uses');
  return Object.fromEntries(struct.member.map(({ name, value: [value] }) => [name, decode(value)]));
}
