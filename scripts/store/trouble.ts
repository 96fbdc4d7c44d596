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
    return false; // whoever called decides whether to wait as long again
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

/** Whether undici or the socket threw this, and not our own code. */
function isConnectionTrouble(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return (
    code.startsWith('UND_ERR') || /^E(CONN|PIPE|HOST|NET|TIMEDOUT|AI_)/.test(code) || code.startsWith('HPE_')
  );
}

/**
 * A StoreError for what the socket threw while a body was on its way. What our own code threw, such as
 * a lost lease, comes back as it is.
 */
export function connectionTrouble(error: unknown, where: string): unknown {
  return isConnectionTrouble(error)
    ? new StoreError(`${where}: ${messageOf(error)}`, { status: 0, code: 'Connection', cause: error })
    : error;
}

/** Whether a body can be read once only. */
function isStream(body: StoreRequest['body']): boolean {
  return body !== undefined && !Buffer.isBuffer(body);
}
