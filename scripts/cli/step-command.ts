import { environmentOf } from './command-line.ts';
import { UserError } from '../contract/errors.ts';
import { keepHeapSmall } from './memory.ts';
import type { StoresOptions } from './options.ts';
import type { StepRequest } from '../contract/step-protocol.ts';

/**
 * Does what is asked here, or has the function in the VPC do it where MIGRATE_STEPS_FUNCTION names one, and
 * prints the answer.
 */
export async function runStepCommand(options: StoresOptions, request: StepRequest): Promise<void> {
  const isQuiet = 'json' in request && request.json;
  // Standard output is the answer; people read standard error.
  const say = (line: string) => void (isQuiet || process.stderr.write(`${line}\n`));
  const name = process.env['MIGRATE_STEPS_FUNCTION'] ?? '';
  if (name === '') return runHere(options, request, say);
  if (options.environment !== undefined) {
    throw new UserError(
      'MIGRATE_STEPS_FUNCTION says that the step runs in the VPC, where the function has its own environment: leave --environment out, or unset the variable',
    );
  }
  const { invokeSteps } = await import('../platform/aws/invoke-steps.ts');
  const { exitCode, output, lines } = await invokeSteps(name, request, { say });
  // The last of them says why it failed.
  if (!isQuiet || exitCode !== 0) process.stderr.write(lines.map((line) => `${line}\n`).join(''));
  print(exitCode, output);
}

async function runHere(
  options: StoresOptions,
  request: StepRequest,
  say: (line: string) => void,
): Promise<void> {
  keepHeapSmall(30); // a gate may compare everything
  const environment = await environmentOf(options);
  const { perform } = await import('../move/steps/perform.ts');
  const { exitCode, output } = await perform(environment, request, { say });
  print(exitCode, output);
}

function print(exitCode: number, output: string): void {
  if (output !== '') process.stdout.write(`${output}\n`);
  if (exitCode !== 0) process.exitCode = exitCode;
}
