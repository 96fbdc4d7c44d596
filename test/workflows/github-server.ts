import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export type Issue = {
  number: number;
  title: string;
  body: string;
  state: string;
  user: string;
  comments: string[];
  pull_request?: object;
};

/** The part of GitHub's API that is about issues, with the issues of one repository `food-co/storage`. */
export type GitHub = {
  /** What a job of a workflow finds in its environment. */
  variables: Record<string, string>;
  issues: Issue[];
  close(): Promise<void>;
};

const BASE = '/repos/food-co/storage/issues';
const TOKEN = 'token-of-the-job';

export async function gitHub(issues: Issue[] = []): Promise<GitHub> {
  const server = createServer((request, response) => {
    void answer(request, issues).then(([status, body]) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    issues,
    variables: {
      GITHUB_API_URL: `http://127.0.0.1:${port}`,
      GITHUB_REPOSITORY: 'food-co/storage',
      GITHUB_TOKEN: TOKEN,
      GITHUB_SERVER_URL: 'https://github.example',
      GITHUB_RUN_ID: '42',
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function answer(request: IncomingMessage, issues: Issue[]): Promise<[number, object]> {
  if (request.headers.authorization !== `Bearer ${TOKEN}`) return [401, { message: 'Bad credentials' }];
  const url = new URL(request.url ?? '', 'http://github');
  const body = JSON.parse((await text(request)) || '{}') as Partial<Issue>;
  if (request.method === 'GET' && url.pathname === BASE) {
    const [state, creator] = [url.searchParams.get('state'), url.searchParams.get('creator')];
    return [200, issues.filter((issue) => issue.state === state && issue.user === creator)];
  }
  if (request.method === 'POST' && url.pathname === BASE) {
    const issue = {
      number: issues.length + 1,
      title: body.title ?? '',
      body: body.body ?? '',
      state: 'open',
      user: 'github-actions[bot]',
      comments: [],
    };
    if (issue.body.length > 65_536) return [422, { message: 'Validation Failed' }];
    issues.push(issue);
    return [201, issue];
  }
  const [, number, comments] = new RegExp(`^${BASE}/(\\d+)(/comments)?$`).exec(url.pathname) ?? [];
  const found = issues.find((issue) => issue.number === Number(number));
  if (found === undefined) return [404, { message: 'Not Found' }];
  if (request.method === 'POST' && comments !== undefined) {
    found.comments.push(body.body ?? '');
    return [201, {}];
  }
  if (request.method === 'PATCH') return [200, Object.assign(found, body)];
  return [404, { message: 'Not Found' }];
}
