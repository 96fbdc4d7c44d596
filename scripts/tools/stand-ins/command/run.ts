import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { CommandInputs } from './inputs.ts';

export type CommandOutputs = { stdout: string; stderr: string };

/** What runs now, for `cancel`. */
const running = new Set<ChildProcess>();

/**
 * Runs a command to its end, as the real provider does.
 * @param previous what the resource's last command printed; reaches this one as PULUMI_COMMAND_STDOUT and
 *   PULUMI_COMMAND_STDERR unless `addPreviousOutputInEnv` is false
 * @param log called with each line while the command runs, as `logging` says
 * Throws an error with the exit code and all that the command printed.
 */
export async function runCommand(
  command: string,
  inputs: CommandInputs,
  previous: Partial<CommandOutputs>,
  log: (line: string) => void,
): Promise<CommandOutputs> {
  const interpreter = inputs.interpreter?.length ? inputs.interpreter : ['/bin/sh', '-c'];
  const [program = '', ...args] = [...interpreter, command];
  const child = spawn(program, args, {
    cwd: inputs.dir ?? process.cwd(),
    env: { ...process.env, ...inputs.environment, ...previousVariables(inputs, previous) },
    stdio: [inputs.stdin ? 'pipe' : 'ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  // A command need not read what it is given.
  child.stdin?.on('error', () => {}).end(inputs.stdin);

  const logging = inputs.logging ?? 'stdoutAndStderr';
  const everything: Buffer[] = [];
  const stdout = collect(child.stdout, everything);
  const stderr = collect(child.stderr, everything);
  if (child.stdout !== null && (logging === 'stdout' || logging === 'stdoutAndStderr')) {
    createInterface({ input: child.stdout }).on('line', log);
  }
  if (child.stderr !== null && (logging === 'stderr' || logging === 'stdoutAndStderr')) {
    createInterface({ input: child.stderr }).on('line', log);
  }
  // `close` comes when the output has ended too, so what holds it open (a daemon) is waited for.
  const failure = await new Promise<string | null>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) =>
      resolve(code === 0 ? null : signal === null ? `exit status ${code}` : `signal: ${signal}`),
    );
  });
  running.delete(child);
  if (failure !== null) {
    const printed = Buffer.concat(everything).toString();
    throw new Error(`${failure}: running ${JSON.stringify(command)}:\n${printed}`);
  }
  return { stdout: text(stdout), stderr: text(stderr) };
}

/** Kills what runs, as the real provider does when the engine cancels. */
export function cancelCommands(): void {
  for (const child of running) {
    child.kill('SIGKILL');
  }
}

function previousVariables(inputs: CommandInputs, previous: Partial<CommandOutputs>): Record<string, string> {
  if (inputs.addPreviousOutputInEnv === false) {
    return {};
  }
  return {
    ...(previous.stdout ? { PULUMI_COMMAND_STDOUT: previous.stdout } : {}),
    ...(previous.stderr ? { PULUMI_COMMAND_STDERR: previous.stderr } : {}),
  };
}

function collect(stream: Readable | null, everything: Buffer[]): Buffer[] {
  const chunks: Buffer[] = [];
  stream?.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    everything.push(chunk);
  });
  return chunks;
}

/** Without the one newline that ends it. */
function text(chunks: Buffer[]): string {
  return Buffer.concat(chunks).toString().replace(/\n$/, '');
}
