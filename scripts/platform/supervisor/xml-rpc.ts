import { request } from 'node:http';
import { XMLParser } from 'fast-xml-parser';

/** What XML-RPC can carry, as far as supervisord uses it. */
export type Value = string | number | boolean | null | Value[] | { [name: string]: Value };

/** An answer of the server that says no; `code` as in supervisor/xmlrpc.py. */
export class Fault extends Error {
  readonly code: number;

  constructor(code: number, text: string) {
    super(text);
    this.name = 'Fault';
    this.code = code;
  }
}

const parser = new XMLParser({
  preserveOrder: true,
  parseTagValue: false,
  trimValues: false,
  processEntities: true,
});

/**
 * One call over a Unix socket. Throws Fault where the server refuses, and the socket's error (`ENOENT`,
 * `ECONNREFUSED`) where nobody listens.
 */
export async function call(socketPath: string, method: string, params: readonly Value[]): Promise<Value> {
  const body = encodeCall(method, params);
  const text = await new Promise<string>((resolve, reject) => {
    const sent = request(
      {
        socketPath,
        path: '/RPC2',
        method: 'POST',
        agent: false,
        headers: { 'content-type': 'text/xml', 'content-length': Buffer.byteLength(body) },
      },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('error', reject);
        answer.on('end', () => {
          if (answer.statusCode === 200) resolve(Buffer.concat(chunks).toString('utf8'));
          else reject(new Error(`${method}: the supervisor answered ${String(answer.statusCode)}`));
        });
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
  return decodeAnswer(text);
}

/** The document of a call. Text must not hold control characters, which XML cannot carry. */
export function encodeCall(method: string, params: readonly Value[]): string {
  const encoded = params.map((value) => `<param><value>${encode(value)}</value></param>`).join('');
  return `<?xml version="1.0"?><methodCall><methodName>${method}</methodName><params>${encoded}</params></methodCall>`;
}

function encode(value: Value): string {
  if (typeof value === 'string') {
    return `<string>${value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')}</string>`;
  }
  if (typeof value === 'boolean') return `<boolean>${value ? 1 : 0}</boolean>`;
  if (typeof value === 'number' && Number.isSafeInteger(value)) return `<int>${value}</int>`;
  throw new TypeError(`cannot send ${JSON.stringify(value)} by XML-RPC`);
}

/** An element as the parser gives it: its name, and its children or its text. */
type Node = { [name: string]: Node[] | string };

/** The value of an answer. Throws Fault where it is one. */
export function decodeAnswer(text: string): Value {
  const answer = child(parser.parse(text) as Node[], 'methodResponse');
  const fault = find(answer, 'fault');
  if (fault !== undefined) {
    const { faultCode, faultString } = decode(child(fault, 'value')) as {
      faultCode: Value;
      faultString: Value;
    };
    throw new Fault(Number(faultCode), faultString as string);
  }
  return decode(child(child(child(answer, 'params'), 'param'), 'value'));
}

function decode(value: Node[]): Value {
  const typed = value.find((node) => !('#text' in node));
  if (typed === undefined) return textOf(value);
  const [kind, inner] = Object.entries(typed)[0] as [string, Node[]];
  switch (kind) {
    case 'int':
    case 'i4':
      return Number(textOf(inner));
    case 'boolean':
      return textOf(inner) === '1';
    case 'nil':
      return null;
    case 'string':
      return textOf(inner);
    case 'array':
      return elements(child(inner, 'data'), 'value').map(decode);
    case 'struct':
      return Object.fromEntries(
        elements(inner, 'member').map((member) => [
          textOf(child(member, 'name')),
          decode(child(member, 'value')),
        ]),
      );
    default:
      throw new Error(`XML-RPC: unknown type "${kind}"`);
  }
}

function elements(nodes: Node[], name: string): Node[][] {
  return nodes.flatMap((node) => (name in node ? [node[name] as Node[]] : []));
}

function find(nodes: Node[], name: string): Node[] | undefined {
  return elements(nodes, name)[0];
}

function child(nodes: Node[], name: string): Node[] {
  const found = find(nodes, name);
  if (found === undefined) throw new Error(`XML-RPC: the answer has no <${name}>`);
  return found;
}

function textOf(nodes: Node[]): string {
  return nodes.map((node) => (typeof node['#text'] === 'string' ? node['#text'] : '')).join('');
}
