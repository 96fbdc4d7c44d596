import type { Dispatcher, Pool } from 'undici';
import type { TimeLimit } from './time-limit.ts';

/** An answer whose body is held in memory; null where it is bigger than asked for. */
export type Exchange = { status: number; headers: Record<string, string>; body: Buffer | null };

/**
 * Sends a request and gathers its answer. Without streams, whose cost for a body of a few KiB is a multiple
 * of everything else that the answer costs.
 *
 * @param atMost of a 2xx answer no more bytes are read than that: one that is bigger breaks its connection
 */
export function exchange(
  pool: Pool,
  options: Dispatcher.DispatchOptions,
  deadline: TimeLimit,
  atMost = Infinity,
): Promise<Exchange> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    let answer: Omit<Exchange, 'body'> | undefined;
    let controller: Dispatcher.DispatchController | undefined;
    let ended: Error | undefined;
    const end = (reason: Error): void => {
      ended ??= reason;
      controller?.abort(reason);
      reject(reason);
    };
    const grow = (bytes: number): void => {
      length += bytes;
      if (answer === undefined || length <= atMost || answer.status >= 300) return;
      resolve({ ...answer, body: null });
      end(new Error('more than was asked for'));
    };
    deadline.onExpire = () => end(new Error('the deadline has passed'));
    pool.dispatch(options, {
      onRequestStart(started) {
        controller = started;
        if (ended !== undefined) started.abort(ended);
      },
      onResponseStart(_, status, headers) {
        if (status < 200) return;
        answer = { status, headers: flatHeaders(headers) };
        if (options.method !== 'HEAD' && Number(answer.headers['content-length']) > atMost) grow(Infinity);
      },
      onResponseData(_, chunk) {
        chunks.push(chunk);
        grow(chunk.length);
      },
      onResponseEnd() {
        const [first] = chunks;
        const body = chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks);
        if (answer !== undefined) resolve({ ...answer, body });
      },
      onResponseError(_, error) {
        reject(error);
      },
    });
  });
}

/** Headers that came more than once are joined as if they had come in one line. */
export function flatHeaders(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const name in headers) {
    const value = headers[name];
    flat[name] = typeof value === 'string' ? value : (value?.join(',') ?? '');
  }
  return flat;
}
