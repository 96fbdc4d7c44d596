import { parentPort } from 'node:worker_threads';
import { installLoader } from './loader.ts';
import { installGlobals } from './platform/globals.ts';
import type { Recorded, SearchRequest, SearchResult } from './search.ts';

/** Searches in a thread of its own, whose clocks and modules are the model's. One search after the other. */

installLoader();
const { loadCode } = await import('./code.ts');
const { record, search } = await import('./search.ts');
installGlobals();

export type Question = { id: number; request: SearchRequest; records?: boolean };
export type Answer = { id: number; result?: SearchResult; records?: Recorded[]; error?: string };

let queue = Promise.resolve();

parentPort?.on('message', ({ id, request, records }: Question) => {
  queue = queue.then(async () => {
    const answer: Answer = { id };
    try {
      const code = await loadCode(request.mutant);
      if (records === true) answer.records = await record(code, request);
      else answer.result = await search(code, request);
    } catch (error) {
      answer.error = error instanceof Error ? (error.stack ?? error.message) : String(error);
    }
    parentPort?.postMessage(answer);
  });
});
