import { UserError } from '../../contract/errors.ts';

/** What GitHub tells a job of a workflow in its environment. */
export type Job = {
  /** `https://api.github.com`, or a company's own. */
  apiUrl: string;
  /** `OWNER/NAME`. */
  repository: string;
  token: string;
  /** The page of this run. */
  runUrl: string;
};

/** Reads it. Throws a UserError that names what is missing. */
export function jobFrom(variables: Readonly<Record<string, string | undefined>>): Job {
  const names = ['GITHUB_API_URL', 'GITHUB_REPOSITORY', 'GITHUB_TOKEN', 'GITHUB_SERVER_URL', 'GITHUB_RUN_ID'];
  const missing = names.filter((name) => (variables[name] ?? '') === '');
  if (missing.length > 0) {
    throw new UserError(`${missing.join(', ')} must be set: this runs in a job of GitHub Actions.`);
  }
  const read = (name: string) => variables[name] ?? '';
  const repository = read('GITHUB_REPOSITORY');
  return {
    apiUrl: read('GITHUB_API_URL'),
    repository,
    token: read('GITHUB_TOKEN'),
    runUrl: `${read('GITHUB_SERVER_URL')}/${repository}/actions/runs/${read('GITHUB_RUN_ID')}`,
  };
}

/** Who opens issues with the token of a workflow. */
const AUTHOR = 'github-actions[bot]';
const DEADLINE_MILLISECONDS = 30_000;

type Issue = { number: number; title: string; pull_request?: unknown };

/** The number of the open issue of that title that a workflow opened, or null. */
export async function findIssue(job: Job, title: string): Promise<number | null> {
  const issues = (await call(
    job,
    'GET',
    `issues?state=open&creator=${encodeURIComponent(AUTHOR)}&per_page=100`,
  )) as Issue[];
  const found = issues.find((issue) => issue.title === title && issue.pull_request === undefined);
  return found?.number ?? null;
}

export async function openIssue(job: Job, issue: { title: string; body: string }): Promise<number> {
  return ((await call(job, 'POST', 'issues', issue)) as Issue).number;
}

export async function updateIssue(
  job: Job,
  number: number,
  change: { body: string } | { state: 'closed'; state_reason: 'completed' },
): Promise<void> {
  await call(job, 'PATCH', `issues/${number}`, change);
}

export async function commentOnIssue(job: Job, number: number, body: string): Promise<void> {
  await call(job, 'POST', `issues/${number}/comments`, { body });
}

async function call(job: Job, method: string, path: string, body?: object): Promise<unknown> {
  const response = await fetch(`${job.apiUrl}/repos/${job.repository}/${path}`, {
    method,
    headers: {
      accept: 'application/vnd.github+json',
      authorization: `Bearer ${job.token}`,
      'x-github-api-version': '2022-11-28',
    },
    ...(body && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(DEADLINE_MILLISECONDS),
  });
  if (!response.ok) {
    throw new UserError(
      `GitHub answers ${method} ${path} with ${response.status}: ${await response.text()}\n` +
        'The job needs the permission issues: write.',
      { exitCode: 3 },
    );
  }
  return response.json();
}
