import { Readable } from 'node:stream';
import { answerRequest, isWrite, refusalOf, type WireAnswer, type WireRequest } from '../store/answers.ts';
import { Refusal, type ModelStore } from '../store/model-store.ts';
import type { Cue } from './cues.ts';
import { thisProcess, type Process, type Simulation } from './simulation.ts';
import { trouble } from './trouble.ts';
import { worldOf } from './world-of.ts';

/** In the place of `undici` for the code that runs in the model: requests to the model's stores. */

type Options = {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: Buffer | Readable | null;
};
type Answer = { statusCode: number; headers: Record<string, string>; body: Readable };
type Controller = { abort(reason: Error): void };
/** Of undici's handlers what is called here. */
type Handler = {
  onRequestStart(controller: Controller): void;
  onResponseStart(controller: Controller, status: number, headers: Record<string, string>): void;
  onResponseData(controller: Controller, chunk: Buffer): void;
  onResponseEnd(controller: Controller): void;
  onResponseError(controller: Controller, error: Error): void;
};

/**
 * The longest that a worker's request is on its way to the store, that the store works on it, and that the
 * answer is on its way back. What is sent is done within twice of this: less than the shortest deadline.
 */
const LONGEST_MILLISECONDS = 150;
/** Of one whom something befell when it had just sent: within the bound of requests all the same. */
export const LATEST_MILLISECONDS = 340;

export class Pool {
  readonly #origin: string;

  constructor(origin: string) {
    this.#origin = origin;
  }

  destroy(): Promise<void> {
    return Promise.resolve();
  }

  async request(options: Options & { signal: AbortSignal }): Promise<Answer> {
    const { signal } = options;
    const { promise: aborted, reject } = Promise.withResolvers<never>();
    const abort = () => reject(signal.reason as Error);
    signal.addEventListener('abort', abort, { once: true });
    try {
      const { status, headers, body } = await this.#exchange(options, aborted);
      signal.throwIfAborted();
      return { statusCode: status, headers, body: Readable.from([body]) };
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  dispatch(options: Options, handler: Handler): boolean {
    const { promise: aborted, reject } = Promise.withResolvers<never>();
    let gaveUp = false;
    const controller = {
      abort: (reason: Error) => {
        gaveUp = true;
        reject(reason);
      },
    };
    handler.onRequestStart(controller);
    this.#exchange(options, aborted).then(
      ({ status, headers, body }) => {
        if (gaveUp) return;
        handler.onResponseStart(controller, status, headers);
        if (body.length > 0) handler.onResponseData(controller, body);
        handler.onResponseEnd(controller);
      },
      (error: Error) => handler.onResponseError(controller, error),
    );
    return true;
  }

  async #exchange(options: Options, aborted: Promise<never>): Promise<WireAnswer> {
    const process = thisProcess();
    const { simulation } = process;
    const { stores, cues, landing } = worldOf(process);
    const store = stores.get(this.#origin);
    if (store === undefined) throw Object.assign(new Error(this.#origin), { code: 'ECONNREFUSED' });
    const request = parse(options, await bytesOf(options.body));
    const { promise, resolve, reject } = Promise.withResolvers<WireAnswer>();
    // On its way at once, as one that code which does not wait has sent, and whatever becomes of who sent it.
    const blows = simulation.strike('sent');
    const isCut = blows.includes('cut');
    const fate = isCut ? 'answer is lost' : fateOf(simulation);
    if (fate !== 'never arrives') {
      const isLate = (blows.length > 0 || fate === 'answer is lost') && simulation.random.chance(0.5);
      send(process, store, request, {
        isLate,
        cue: landing.get(process) ?? null,
        answered: fate === 'answered' ? resolve : forget,
      });
    }
    // What is asked of the admin operations is about no key, so it is a moment for all of them.
    if (request.bucket === undefined) cues.note(request.user);
    else if (request.key !== undefined) cues.note(request.user, request.key);
    else if (request.method === 'GET') cues.note(`${request.user} lists`);
    if (isCut || (fate !== 'answered' && simulation.random.chance(0.5))) {
      const after = simulation.random.latency(isCut ? 20 : 2 * LONGEST_MILLISECONDS);
      const reset = Object.assign(new Error('reset'), { code: 'ECONNRESET' });
      simulation.schedule(after, null, () => reject(reset));
    }
    const answer = await Promise.race([promise, aborted]);
    await simulation.hop(simulation.random.latency(LONGEST_MILLISECONDS), 'request');
    return answer;
  }
}

/** What becomes of a request: seldom its connection breaks, before or after the store has heard of it. */
function fateOf(simulation: Simulation): 'answered' | 'never arrives' | 'answer is lost' {
  if (!simulation.random.chance(trouble.share)) return 'answered';
  return simulation.random.chance(0.5) ? 'never arrives' : 'answer is lost';
}

const forget = (): void => undefined;

/** Imported by name where nothing of the model goes: pods of a cluster, the receiver's health. */
export class Agent {
  close(): Promise<void> {
    return Promise.resolve();
  }
}

export function request(): Promise<never> {
  return Promise.reject(new Error('the model has no such server'));
}

/** Arrives, is let in or refused, and is done a while later, or at a cue. */
function send(
  process: Process,
  store: ModelStore,
  request: WireRequest,
  how: { isLate: boolean; cue: Cue | null; answered: (answer: WireAnswer) => void },
): void {
  const { simulation } = process;
  const attempt = (work: () => WireAnswer | undefined) => {
    try {
      const answer = work();
      if (answer !== undefined) how.answered(answer);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      how.answered(refusalOf(error, request.method));
    }
  };
  const longest = worldOf(process).longest[request.user] ?? LONGEST_MILLISECONDS;
  const latency = () =>
    how.isLate ? Math.max(longest, LATEST_MILLISECONDS) : simulation.random.latency(longest);
  const carryOut = () => attempt(() => answerRequest(store, request));
  const latest = simulation.now + 2 * longest;
  simulation.schedule(latency(), null, () =>
    attempt(() => {
      const document = request.key === undefined || request.bucket === undefined;
      store.admit(request.user, request.bucket, isWrite(request) && !document);
      if (!isWrite(request)) return answerRequest(store, request);
      const { cue } = how;
      const key = request.key ?? '';
      if (cue === null) simulation.schedule(latency(), null, carryOut);
      else
        worldOf(process).cues.at(simulation, null, { cue, key, atMost: latest - simulation.now }, carryOut);
      return undefined;
    }),
  );
}

function parse({ method, path, headers }: Options, body: Buffer): WireRequest {
  const [address = '', search = ''] = path.split('?', 2);
  const [, first = '', ...rest] = address.split('/').map(decodeURIComponent);
  const isAdmin = first === 'admin';
  const key = isAdmin ? [first, ...rest].join('/') : rest.join('/');
  return {
    method,
    bucket: isAdmin || first === '' ? undefined : first,
    key: key === '' ? undefined : key,
    query: new URLSearchParams(search),
    headers,
    body,
    user: /Credential=([^/]+)\//.exec(headers['authorization'] ?? '')?.[1] ?? '',
  };
}

async function bytesOf(body: Options['body']): Promise<Buffer> {
  if (body === null || Buffer.isBuffer(body)) return body ?? Buffer.alloc(0);
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
