/**
 * Trouble that a store answered, or that kept an answer from coming. Never "there is no such key":
 * that is an answer (`null`).
 */
export class StoreError extends Error {
  /** HTTP status; 0 when no answer came (connection lost, deadline passed). */
  readonly status: number;
  /** S3's code, for example `SlowDown`; `Deadline` or `Connection` when no answer came. */
  readonly code: string;
  /** Whether the same request may succeed later, with nothing changed by a person. */
  readonly retryable: boolean;
  /** Of the request that was refused; undefined when none was. */
  readonly method: string | undefined;

  constructor(
    message: string,
    details: {
      status: number;
      code: string;
      retryable?: boolean;
      method?: string | undefined;
      cause?: unknown;
    },
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'StoreError';
    this.status = details.status;
    this.code = details.code;
    this.method = details.method;
    this.retryable = details.retryable ?? isRetryable(details.status, details.code);
  }
}

const RETRYABLE_CODES = new Set(['RequestTimeout', 'SlowDown', 'Throttling', 'ThrottlingException']);
const RETRYABLE_STATUS = new Set([0, 429, 500, 502, 503, 504]);

/** Whether a request that was answered like this may succeed when it is sent again as it is. */
export function isRetryable(status: number, code: string): boolean {
  return RETRYABLE_STATUS.has(status) || RETRYABLE_CODES.has(code);
}

/** Whether `error` is a StoreError with one of `codes`. */
export function hasCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof StoreError && codes.includes(error.code);
}
