import { setTimeout as sleep } from 'node:timers/promises';
import { InvokeCommand, LambdaClient, type InvokeCommandOutput } from '@aws-sdk/client-lambda';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { ambientRegion, awsClientOptions, awsTrouble } from '../../store/identity/aws-client.ts';
import { messageOf, UserError } from '../../contract/errors.ts';
import { StepAnswerSchema, type StepAnswer, type StepRequest } from '../../contract/step-protocol.ts';

/** A function's longest life, and a little. */
const LONGEST_MILLISECONDS = 905_000;
const CONNECT_MILLISECONDS = 10_000;
/** Routers on the way forget a connection on which nothing is said for some minutes. */
const KEEP_ALIVE_MILLISECONDS = 30_000;
const SAY_EVERY_MILLISECONDS = 60_000;
const ATTEMPTS = 4;
const PAUSE_MILLISECONDS = 5000;

/**
 * Asks the function in the VPC and waits for its answer, for 15 minutes at most. A connection that breaks
 * is no answer: the function goes on, and is asked again; the second waits for the first one's lock and
 * finds done what the first has done.
 *
 * @param name the function's name or ARN
 * @throws UserError (exit 3) where it could not be asked, or was ended in the middle of its work
 */
export async function invokeSteps(
  name: string,
  request: StepRequest,
  options: { say: (line: string) => void; pauseMilliseconds?: number; longestMilliseconds?: number },
): Promise<StepAnswer> {
  const client = clientFor(name, options.longestMilliseconds ?? LONGEST_MILLISECONDS);
  const began = Date.now();
  const minutes = () => Math.round((Date.now() - began) / 60_000);
  const still = setInterval(
    () => options.say(`the step "${request.action}" is still at work (${minutes()} min)`),
    SAY_EVERY_MILLISECONDS,
  );
  try {
    for (let attempt = 1; ; attempt++) {
      try {
        const payload = JSON.stringify(request);
        const command = new InvokeCommand({ FunctionName: name, LogType: 'Tail', Payload: payload });
        return readAnswer(name, await client.send(command));
      } catch (error) {
        if (error instanceof UserError) throw error;
        if (!mayAskAgain(error) || attempt === ATTEMPTS) {
          throw awsTrouble(`The function ${name} cannot be asked for "${request.action}"`, error);
        }
        options.say(`the function did not answer (${messageOf(error)}); it is asked again`);
        await sleep((options.pauseMilliseconds ?? PAUSE_MILLISECONDS) * attempt);
      }
    }
  } finally {
    clearInterval(still);
    client.destroy();
  }
}

function clientFor(name: string, requestTimeout: number): LambdaClient {
  const region = /^arn:[^:]+:lambda:([^:]+):/.exec(name)?.[1] ?? ambientRegion();
  const agent = { keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MILLISECONDS };
  return new LambdaClient({
    ...awsClientOptions(region),
    // The waiting person must see each retry, so the SDK does not retry by itself.
    maxAttempts: 1,
    requestHandler: new NodeHttpHandler({
      connectionTimeout: CONNECT_MILLISECONDS,
      requestTimeout,
      throwOnRequestTimeout: true,
      httpAgent: agent,
      httpsAgent: agent,
    }),
  });
}

/** Answers that say "not now", and connections that were lost. */
const NOT_NOW = new Set([
  'TooManyRequestsException',
  'ServiceException',
  'ResourceConflictException',
  'ResourceNotReadyException',
  'EC2ThrottledException',
  'TimeoutError',
]);

function mayAskAgain(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = (error as NodeJS.ErrnoException).code ?? '';
  return NOT_NOW.has(error.name) || /^E(CONN|PIPE|HOST|NET|TIMEDOUT|AI_)/.test(code);
}

function readAnswer(name: string, { Payload, FunctionError, LogResult }: InvokeCommandOutput): StepAnswer {
  const text = Payload === undefined ? '' : Buffer.from(Payload).toString('utf8');
  if (FunctionError !== undefined) throw crashed(name, text, LogResult);
  const answer = StepAnswerSchema.safeParse(parseJson(text));
  if (answer.success) return answer.data;
  throw new UserError(
    `The function ${name} answered what this version does not understand. Is it of another version of this repository? Run pulumi up.`,
    { exitCode: 3 },
  );
}

/** It ran out of time or memory: what it did is kept, and a step goes on where it was. */
function crashed(name: string, payload: string, log: string | undefined): UserError {
  const { errorMessage = 'no reason was given' } = (parseJson(payload) ?? {}) as { errorMessage?: string };
  const tail =
    log === undefined ? '' : `\nIts last lines:\n${Buffer.from(log, 'base64').toString('utf8').trim()}`;
  return new UserError(
    `The function ${name} was ended in the middle of its work: ${errorMessage}. What it had done is kept, and a hold that it had begun is ended by the worker hold-watch. ` +
      `Run pulumi up again: the step goes on where it was. Its log: aws logs tail /aws/lambda/${name.split(':').pop() ?? name}.${tail}`,
    { exitCode: 3 },
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
