import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Recorded, SearchRequest, SearchResult } from './search.ts';
import type { Answer, Question } from './worker.ts';

/** Searches in threads, as many at once as there are processors. */
export class Searcher {
  readonly #workers = Array.from(
    { length: Math.min(2, availableParallelism()) },
    () => new Worker(new URL('./worker.ts', import.meta.url), { execArgv: [], stderr: true }),
  );
  readonly #open = new Map<number, PromiseWithResolvers<Answer>>();
  #asked = 0;

  constructor() {
    for (const worker of this.#workers) {
      worker.on('message', (answer: Answer) => {
        const asked = this.#open.get(answer.id);
        this.#open.delete(answer.id);
        if (answer.error === undefined) asked?.resolve(answer);
        else asked?.reject(new Error(answer.error));
      });
      worker.on('error', (error) => {
        for (const asked of this.#open.values()) asked.reject(error);
      });
    }
  }

  async search(request: SearchRequest): Promise<SearchResult> {
    const { result } = await this.#ask({ request });
    if (result === undefined) throw new Error('a search without a result');
    return result;
  }

  /** The statements of the ledger in some runs. */
  async record(request: SearchRequest): Promise<Recorded[]> {
    return (await this.#ask({ request, records: true })).records ?? [];
  }

  #ask(question: Omit<Question, 'id'>): Promise<Answer> {
    const asked = Promise.withResolvers<Answer>();
    const id = (this.#asked += 1);
    this.#open.set(id, asked);
    this.#workers[id % this.#workers.length]?.postMessage({ id, ...question });
    return asked.promise;
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }
}

/** The message of a failure, and how to see it again. */
export function report({ seed, mutant }: SearchRequest, result: SearchResult): string {
  const again = [
    `npm run test:model -- --seed ${seed} --path ${result.path ?? ''} --story ${result.plan?.story ?? ''}`,
    ...(mutant === undefined ? [] : [`--mutant ${JSON.stringify(mutant)}`]),
  ];
  return [
    ...result.violations,
    `To see it again: ${again.join(' ')}`,
    `The plan: ${JSON.stringify(result.plan)}`,
    ...result.told.slice(-80),
  ].join('\n');
}
