import { environmentOf } from './command-line.ts';
import { UserError } from '../contract/errors.ts';
import { keepHeapSmall } from './memory.ts';
import type { StepRequest } from '../contract/step-protocol.ts';

const say = (line: string): void => {
  // Standard output is the answer; people read standard error.
  process.stderr.write(`${line}\n`);
};

/**
 * Does what is asked here, or has the function in the VPC do it where MIGRATE_STEPS_FUNCTION names one, and
 * prints the answer.
 */
export async function runStepCommand(
  args: { environment?: string | undefined },
  request: StepRequest,
): Promise<void> {
  const name = process.env['MIGRATE_STEPS_FUNCTION'] ?? '';
  if (name === '') return runHere(args, request);
  if (args.environment !== undefined) {
    throw new UserError(
      'MIGRATE_STEPS_FUNCTION says that the step runs in the VPC, where the function has its own environment: leave --environment out, or unset the variable',
    );
  }
  const { invokeSteps } = await import('../platform/aws/invoke-steps.ts');
  const { exitCode, output, lines } = await invokeSteps(name, request, { say });
  for (const line of lines) say(line);
  print(exitCode, output);
}

async function runHere(args: { environment?: string | undefined }, request: StepRequest): Promise<void> {
  keepHeapSmall(30); // a gate may compare everything
  const environment = await environmentOf(args);
  const { perform } = await import('../move/steps/perform.ts');
  const { exitCode, output } = await perform(environment, request, { say });
  print(exitCode, output);
}

function print(exitCode: number, output: string): void {
  if (output !== '') process.stdout.write(`${output}\n`);
  if (exitCode !== 0) process.exitCode = exitCode;
}
