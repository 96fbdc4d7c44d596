export type StoreRequest = {
  method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';
  bucket?: string;
  key?: string;
  query?: Record<string, string>;
  /** Lower-case names; values as bytes in latin1 text (`encodeHeader`). */
  headers?: Record<string, string>;
  /** A stream needs `content-length` among the headers, and is never sent twice. */
  body?: Buffer | AsyncIterable<Buffer>;
  /** Called right before the request is sent, each time, and before each chunk of a streamed body. */
  assertLive?: (() => void) | undefined;
  /** Whether sending it twice is the same as once. Default: yes, but for POST. */
  repeatable?: boolean;
};
