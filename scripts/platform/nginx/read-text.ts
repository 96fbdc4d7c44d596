import { request } from 'node:http';

/**
 * The body of an answer, on a connection of its own: one that is kept leads to a worker of before. Throws
 * Error where nobody answers, or not with 200, within two seconds.
 */
export function readText(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { agent: false, timeout: 2000 }, (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (chunk: string) => (text += chunk));
      answer.on('error', reject);
      answer.on('end', () =>
        answer.statusCode === 200 ? resolve(text) : reject(new Error(`${url}: ${String(answer.statusCode)}`)),
      );
    });
    sent.on('timeout', () => sent.destroy(new Error(`${url}: no answer`)));
    sent.on('error', reject);
    sent.end();
  });
}
