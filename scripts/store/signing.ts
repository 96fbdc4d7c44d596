import { hash } from 'node:crypto';
import type { Credentials } from './identity/ambient.ts';

/**
 * Signature Version 4 for S3, after "Authenticating Requests: Using the Authorization Header" and
 * "Using Query Parameters" of the S3 API reference. S3 differs from other services: the path is encoded
 * once and never normalised, so that `a//b`, `./a` and `a/../b` stay the keys that they are.
 */

export const UNSIGNED_PAYLOAD = 'UNSIGNED-PAYLOAD';
export const EMPTY_SHA256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

/** What is signed. Header names are lower case; header values are bytes as latin1 text. */
export type Signable = {
  method: string;
  /** As it goes over the wire: encoded by `encodeKey`, with a leading `/`. */
  path: string;
  query: Readonly<Record<string, string>>;
  /** `query` as `encodeQuery` gives it, where that is known. */
  search?: string;
  headers: Readonly<Record<string, string>>;
};
export type Scope = { region: string; service: 's3' | 'sns' };

/** Encodes a key for the path of a request: every UTF-8 byte but `A–Z a–z 0–9 - . _ ~ /`. */
export function encodeKey(key: string): string {
  return PLAIN_KEY.test(key) ? key : key.split('/').map(encodePart).join('/');
}

/** Most keys are written as they are. */
const PLAIN_KEY = /^[A-Za-z0-9\-._~/]*$/;

/** Encodes the name or value of a query parameter as the signature wants it: `/` too. */
export function encodePart(text: string): string {
  // encodeURIComponent leaves ! ' ( ) * as they are; RFC 3986, and so the signature, does not.
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** The query string as signed and as sent: sorted by name. */
export function encodeQuery(query: Readonly<Record<string, string>>): string {
  return Object.entries(query)
    .map(([name, value]) => [encodePart(name), encodePart(value)] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

/** SHA-256 in hexadecimal, as `x-amz-content-sha256` wants it. */
export function sha256(data: Buffer | string): string {
  return hash('sha256', data, 'hex');
}

/** Signs requests of one user. Keeps the derived key for the day that it is valid. */
export class Signer {
  readonly #credentials: Credentials;
  readonly #scope: Scope;
  #day = '';
  #key = new Hmac(Buffer.alloc(0));

  constructor(credentials: Credentials, scope: Scope) {
    this.#credentials = credentials;
    this.#scope = scope;
  }

  /**
   * The headers to send: those given, `x-amz-date`, `x-amz-security-token` where the keys are a role's, and
   * `authorization`.
   * `headers` must have `host` and `x-amz-content-sha256` (a digest or UNSIGNED_PAYLOAD).
   */
  sign(request: Signable, now: Date = new Date()): Record<string, string> {
    const date = amzDate(now);
    const { sessionToken } = this.#credentials;
    const headers: Record<string, string> = {
      ...request.headers,
      'x-amz-date': date,
      ...(sessionToken !== undefined && { 'x-amz-security-token': sessionToken }),
    };
    const names = Object.keys(headers).sort();
    const signature = this.#signature(
      { ...request, headers },
      names,
      headers['x-amz-content-sha256'] ?? UNSIGNED_PAYLOAD,
      date,
    );
    headers['authorization'] =
      `AWS4-HMAC-SHA256 Credential=${this.#credential(date)}, SignedHeaders=${names.join(';')}, Signature=${signature}`;
    return headers;
  }

  /**
   * The query of a presigned URL. Only the headers given are signed; `host` must be among them. Made with a
   * role's keys it ends with them, however long `expiresSeconds` is.
   */
  presign(request: Signable, expiresSeconds: number, now: Date = new Date()): string {
    const date = amzDate(now);
    const names = Object.keys(request.headers).sort();
    const { sessionToken } = this.#credentials;
    const query = {
      ...request.query,
      'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
      'X-Amz-Credential': this.#credential(date),
      'X-Amz-Date': date,
      'X-Amz-Expires': String(expiresSeconds),
      'X-Amz-SignedHeaders': names.join(';'),
      ...(sessionToken !== undefined && { 'X-Amz-Security-Token': sessionToken }),
    };
    const signature = this.#signature({ ...request, query }, names, UNSIGNED_PAYLOAD, date);
    return `${encodeQuery(query)}&X-Amz-Signature=${signature}`;
  }

  #credential(date: string): string {
    return `${this.#credentials.accessKeyId}/${date.slice(0, 8)}/${this.#scope.region}/${this.#scope.service}/aws4_request`;
  }

  #signature(request: Signable, names: string[], payload: string, date: string): string {
    let lines = '';
    for (const name of names) lines += `${name}:${canonicalValue(request.headers[name] ?? '')}\n`;
    const search = request.search ?? encodeQuery(request.query);
    const canonical = `${request.method}\n${request.path}\n${search}\n${lines}\n${names.join(';')}\n${payload}`;
    const day = date.slice(0, 8);
    if (this.#day !== day) {
      const parts = [day, this.#scope.region, this.#scope.service, 'aws4_request'];
      const start = Buffer.from(`AWS4${this.#credentials.secretAccessKey}`);
      this.#key = new Hmac(parts.reduce((key: Buffer, part) => hmac(key, part), start));
      this.#day = day;
    }
    const scope = `${day}/${this.#scope.region}/${this.#scope.service}/aws4_request`;
    // Header values are bytes: hashing them as UTF-8 text would sign other bytes than are sent.
    const digest = sha256(Buffer.from(canonical, 'latin1'));
    return this.#key.digest(`AWS4-HMAC-SHA256\n${date}\n${scope}\n${digest}`, 'hex');
  }
}

function canonicalValue(value: string): string {
  const trimmed = value.trim();
  return trimmed.includes('  ') ? trimmed.replace(/ +/g, ' ') : trimmed;
}

function hmac(key: Buffer, data: string): Buffer {
  return new Hmac(key).digest(data, 'buffer');
}

/** Bytes of SHA-256's block. */
const BLOCK = 64;

/**
 * HMAC-SHA256 (RFC 2104) of short texts with one key of at most a block. Node's own prepares its key again for
 * each text, which took a tenth of the processor time of a copy.
 */
class Hmac {
  readonly #inner = Buffer.alloc(BLOCK, 0x36);
  readonly #outer = Buffer.alloc(BLOCK, 0x5c);

  constructor(key: Buffer) {
    const block = key.length > BLOCK ? hash('sha256', key, 'buffer') : key;
    for (const [index, byte] of block.entries()) {
      this.#inner.writeUInt8(0x36 ^ byte, index);
      this.#outer.writeUInt8(0x5c ^ byte, index);
    }
  }

  digest(data: string, encoding: 'hex'): string;
  digest(data: string, encoding: 'buffer'): Buffer;
  digest(data: string, encoding: 'hex' | 'buffer'): string | Buffer {
    const inner = hash('sha256', Buffer.concat([this.#inner, Buffer.from(data)]), 'buffer');
    return hash('sha256', Buffer.concat([this.#outer, inner]), encoding);
  }
}

let last = { second: NaN, text: '' };

/** `20130524T000000Z` */
function amzDate(now: Date): string {
  const second = Math.floor(now.getTime() / 1000);
  if (second !== last.second) {
    last = { second, text: now.toISOString().replace(/[-:]|\.\d{3}/g, '') };
  }
  return last.text;
}
