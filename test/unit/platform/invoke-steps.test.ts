import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { invokeSteps } from '../../../scripts/platform/aws/invoke-steps.ts';
import { Ended, lambdaRuntime, type Invocation } from '../../support/lambda-runtime.ts';

const NAME = 'storage-prod-steps';
const ARN = `arn:aws:lambda:eu-west-1:111122223333:function:${NAME}`;
const request = { action: 'enter', phase: 'copy' } as const;

let said: string[];
let stop: (() => Promise<void>) | undefined;
beforeEach(() => {
  said = [];
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'A');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'S');
  vi.stubEnv('AWS_REGION', 'us-east-1');
  // None of these is for whom we call.
  for (const name of ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY']) vi.stubEnv(name, 'http://127.0.0.1:9');
  vi.stubEnv('AWS_CA_BUNDLE', '/none.pem');
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await stop?.();
  stop = undefined;
});

async function runtime(run: Invocation, before?: Parameters<typeof lambdaRuntime>[1]): Promise<void> {
  const started = await lambdaRuntime(run, before);
  stop = started.stop;
  vi.stubEnv('AWS_ENDPOINT_URL_LAMBDA', started.endpoint);
}
const invoke = (name = NAME, longestMilliseconds?: number) =>
  invokeSteps(name, request, {
    say: (line) => said.push(line),
    pauseMilliseconds: 1,
    ...(longestMilliseconds !== undefined && { longestMilliseconds }),
  });

describe('the function of the steps', () => {
  it('is asked for what is wanted, and its answer handed on', async () => {
    const answer = { exitCode: 1, output: '', lines: ['gate preflight: …', 'Refused'] };
    const asked: unknown[] = [];
    await runtime((name, event) => {
      asked.push([name, event]);
      return Promise.resolve(answer);
    });
    expect(await invoke()).toEqual(answer);
    expect(asked).toEqual([[NAME, request]]);
    expect(said).toEqual([]);
  });

  it('is known by its ARN too, which says the region', async () => {
    vi.stubEnv('AWS_REGION', undefined);
    let authorization = '';
    await runtime(
      () => Promise.resolve({ exitCode: 0, output: 'copy', lines: [] }),
      (incoming) => {
        authorization = incoming.headers.authorization ?? '';
        return false;
      },
    );
    expect((await invoke(ARN)).output).toBe('copy');
    expect(authorization).toContain('/eu-west-1/lambda/aws4_request');
  });

  it('is asked again where the connection was lost, and where it has no time now', async () => {
    let times = 0;
    await runtime(
      () => Promise.resolve({ exitCode: 0, output: 'copy', lines: [] }),
      (incoming, response) => {
        times += 1;
        if (times === 1) incoming.socket.destroy();
        else if (times === 2)
          response
            .writeHead(429, { 'x-amzn-errortype': 'TooManyRequestsException' })
            .end('{"message":"Rate Exceeded."}');
        return times < 3;
      },
    );
    expect((await invoke()).output).toBe('copy');
    expect(times).toBe(3);
    expect(said).toHaveLength(2);
    expect(said[0]).toMatch(/^the function did not answer \(.*\); it is asked again$/);
  });

  it('is given up after four times', async () => {
    let times = 0;
    await runtime(
      () => Promise.resolve({}),
      (incoming) => {
        times += 1;
        incoming.socket.destroy();
        return true;
      },
    );
    await expect(invoke()).rejects.toMatchObject({
      exitCode: 3,
      message: expect.stringContaining(`The function ${NAME} cannot be asked for "enter"`) as string,
    });
    expect(times).toBe(4);
  });

  it('that hangs is asked again after its time', async () => {
    let times = 0;
    await runtime(() => {
      times += 1;
      return times === 1
        ? new Promise(() => undefined)
        : Promise.resolve({ exitCode: 0, output: 'copy', lines: [] });
    });
    expect((await invoke(NAME, 200)).output).toBe('copy');
  });

  it('that was ended says why, what is kept, and what to do', async () => {
    await runtime(() =>
      Promise.reject(new Ended('Task timed out after 900.00 seconds', 'gate sync-complete: …\n')),
    );
    await expect(invoke()).rejects.toMatchObject({
      exitCode: 3,
      message:
        `The function ${NAME} was ended in the middle of its work: Task timed out after 900.00 seconds. What it had done is kept, and a hold that it had begun is ended by the worker hold-watch. ` +
        `Run pulumi up again: the step goes on where it was. Its log: aws logs tail /aws/lambda/${NAME}.\nIts last lines:\ngate sync-complete: …`,
    });
  });

  it('that may not be invoked says so at once', async () => {
    let times = 0;
    await runtime(
      () => Promise.resolve({}),
      (_incoming, response) => {
        times += 1;
        response
          .writeHead(403, { 'x-amzn-errortype': 'AccessDeniedException' })
          .end('{"Message":"not authorized to perform: lambda:InvokeFunction"}');
        return true;
      },
    );
    await expect(invoke()).rejects.toThrow(/lambda:InvokeFunction: the role that this runs as may not/);
    expect(times).toBe(1);
  });

  it('of another version is recognised', async () => {
    await runtime(() => Promise.resolve({ statusCode: 200 }));
    await expect(invoke()).rejects.toThrow('Is it of another version of this repository?');
  });
});
