import { messageOf } from '../contract/errors.ts';
import { StoreError } from './errors.ts';
import type { StoreRequest } from './request.ts';
import { parseXml, textOf } from './xml.ts';

/** Whether the transport may send this request again by itself after `error`. */
export function mayRepeat(request: StoreRequest, error: unknown): boolean {
  if (!(error instanceof StoreError) || !error.retryable || isStream(request.body)) {
    return false;
  }
  if (error.code === 'Deadline') {
    return false; // the caller decides whether to wait as long again
  }
  // 503 says that nothing was done; after a lost connection only a repeatable request may go again.
  return error.status === 503 || (request.repeatable ?? request.method !== 'POST');
}

/** Nobody was reached, so nothing was sent. */
const NOT_SENT = new Set(['ECONNREFUSED', 'ENOTFOUND', 'UND_ERR_CONNECT_TIMEOUT']);

/** Whether what was asked may be carried out yet: no answer came, or only that of a proxy on the way. */
export function mayHaveBeenDone(error: unknown): boolean {
  if (!(error instanceof StoreError)) return false;
  const { status, cause } = error;
  if (status !== 0) return status === 502 || status === 504;
  return !(cause instanceof Error && 'code' in cause && NOT_SENT.has(String(cause.code)));
}

/** The error for an answer that is not 2xx; `text` is its body. */
export function refused(request: StoreRequest, status: number, text: string): StoreError {
  let code = CODE_OF_STATUS[status] ?? `Http${status}`;
  let detail = '';
  if (text.includes('<Error>')) {
    try {
      const error = parseXml(text, 'Error');
      code = textOf(error, 'Code') ?? code;
      detail = textOf(error, 'Message') ?? '';
    } catch {
      detail = text.slice(0, 200);
    }
  }
  // The admin operations answer in JSON.
  const json = /^\{"Code":"(\w+)"/.exec(text)?.[1];
  code = json ?? code;
  const message = `${request.method} ${nameOf(request)} was answered ${status} ${code}`;
  const { method } = request;
  return new StoreError(detail === '' ? message : `${message}: ${detail}`, { status, code, method });
}

/** HEAD is answered without a document, so without a code. */
const CODE_OF_STATUS: Record<number, string> = {
  304: 'NotModified',
  400: 'BadRequest',
  403: 'AccessDenied',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  412: 'PreconditionFailed',
  416: 'InvalidRange',
  503: 'SlowDown',
};

/** `/bucket/key`, for messages. */
export function nameOf(request: StoreRequest): string {
  return `/${request.bucket ?? ''}${request.key === undefined ? '' : `/${request.key}`}`;
}

/** What undici, the socket and OpenSSL throw, and not our own code. */
const CONNECTION_CODES =
  /^(UND_ERR|HPE_|E(CONN|PIPE|HOST|NET|TIMEDOUT|AI_|PROTO)|ERR_(SSL|TLS|OSSL)|CERT_|CRL_|ERROR_IN_|UNABLE_TO_|HOSTNAME_MISMATCH|INVALID_(CA|PURPOSE)|PATH_LENGTH)|SELF_SIGNED_CERT/;
const PLAIN_PORT = /^ERR_SSL_(WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG)$/;
const UNTRUSTED = /^(CERT_UNTRUSTED|UNABLE_TO_|INVALID_CA)|SELF_SIGNED_CERT/;

/** Whether TLS was spoken to a port that does not. */
export function isPlainPort({ cause }: StoreError): boolean {
  return cause instanceof Error && 'code' in cause && PLAIN_PORT.test(String(cause.code));
}

/** What went wrong with a connection, for a person; undefined where it was something else. */
function explainConnection(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const code = 'code' in error ? String(error.code) : '';
  if (PLAIN_PORT.test(code)) return 'this port does not speak TLS; use http://';
  if (UNTRUSTED.test(code)) {
    return `${messageOf(error)} (${code}); name the PEM file of its authority in AWS_CA_BUNDLE, or as ca_bundle in ~/.aws/config`;
  }
  if (error.name === 'HTTPParserError') {
    // A TLS alert begins with byte 21, then 3.
    const isTls = 'data' in error && String(error.data).startsWith('\u0015\u0003');
    return isTls ? 'this port speaks TLS; use https://' : 'what answers there is no HTTP';
  }
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return `${messageOf(error)}; no such host is known here`;
  // What the system refuses names its call: a name that is not resolved, an address that cannot be reached.
  const isSystems = 'syscall' in error && 'errno' in error;
  return isSystems || CONNECTION_CODES.test(code) ? messageOf(error) : undefined;
}

/**
 * A StoreError for what the socket threw while a body was on its way. What our own code threw, such as
 * a lost lease, comes back as it is.
 */
export function connectionTrouble(error: unknown, where: string): unknown {
  const message = explainConnection(error);
  if (message === undefined) return error;
  return new StoreError(`${where}: ${message}`, { status: 0, code: 'Connection', cause: error });
}

/** Whether a body can be read once only. */
function isStream(body: StoreRequest['body']): boolean {
  return body !== undefined && !Buffer.isBuffer(body);
}
