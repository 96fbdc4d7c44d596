import { z } from 'zod';
import { readEnvironment } from '../../platform/read-environment.ts';
import { UserError } from '../../contract/errors.ts';
import { failureOf } from '../../platform/failure.ts';
import { perform } from './perform.ts';
import { StepRequestSchema, type StepAnswer } from '../../contract/step-protocol.ts';

/** The part of Lambda's context that is read here. */
type LambdaContext = { getRemainingTimeInMillis(): number };

/** An answer may have 6 MB; a person reads the last lines. */
const MOST_LINES = 2000;

/**
 * The Lambda that runs steps inside the VPC, for callers that reach only AWS' APIs. Variable:
 * `MIGRATE_ENVIRONMENT` (`ssm:NAME`). Read each time: a bucket that was added must be known.
 *
 * Never throws for what a person is to read: the caller gets the exit code and the lines, as if the command
 * had run there.
 */
export async function handler(event: unknown, context: LambdaContext): Promise<StepAnswer> {
  const lines: string[] = [];
  const say = (line: string): void => {
    process.stderr.write(`${line}\n`);
    lines.push(line);
  };
  const answer = (exitCode: number, output: string): StepAnswer => ({
    exitCode,
    output,
    lines: lines.slice(-MOST_LINES),
  });
  try {
    const request = StepRequestSchema.safeParse(event);
    if (!request.success) {
      throw new UserError(
        `This version of the function does not know what is asked:\n${z.prettifyError(request.error)}`,
      );
    }
    const environment = await readEnvironment(process.env['MIGRATE_ENVIRONMENT'] ?? '');
    const remainingSeconds = () => context.getRemainingTimeInMillis() / 1000;
    const { exitCode, output } = await perform(environment, request.data, { say, remainingSeconds });
    return answer(exitCode, output);
  } catch (error) {
    const { exitCode, text } = failureOf(error);
    say(text);
    return answer(exitCode, '');
  }
}
