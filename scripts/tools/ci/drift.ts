import { execa } from 'execa';
import { messageOf, UserError } from '../../contract/errors.ts';
import { commentOnIssue, findIssue, jobFrom, openIssue, updateIssue, type Job } from './github.ts';

/**
 * `npm run ci:drift -- STACK`: checks whether the account is what the state and this checkout say, changes
 * nothing, and keeps one issue a stack: opened when it drifts, brought up to date while it does, closed when it
 * no longer does. Ends with 0 in all these cases; with another code when it could not look.
 */

/** The CLI's exit code for `--expect-no-changes` where there were some. */
const CHANGES = 7;
/** GitHub refuses longer texts. */
const LONGEST_BODY = 60_000;

try {
  const [stack] = process.argv.slice(2);
  if (stack === undefined) throw new UserError('Name the stack: npm run ci:drift -- prod');
  const job = jobFrom(process.env);
  const drift = await lookForDrift(stack);
  console.log(await report(job, stack, drift));
} catch (error) {
  console.error(messageOf(error));
  process.exitCode = error instanceof UserError ? error.exitCode : 2;
}

/**
 * What would be changed to make the stack what it should be, or null. A preview with a refresh, not a refresh:
 * it takes no lock and so needs no right to write.
 */
async function lookForDrift(stack: string): Promise<string | null> {
  const { exitCode, all } = await execa(
    'pulumi',
    ['preview', '--stack', stack, '--refresh', '--expect-no-changes', '--diff', '--non-interactive'].concat(
      '--color=never',
      '--suppress-progress',
      '--suppress-outputs',
    ),
    { all: true, reject: false },
  );
  console.log(all);
  if (exitCode === 0) return null;
  if (exitCode === CHANGES) return all;
  throw new UserError(`pulumi preview --refresh of ${stack} failed.`, { exitCode: 3 });
}

async function report(job: Job, stack: string, drift: string | null): Promise<string> {
  const title = `Drift: ${stack} is not what main says`;
  const number = await findIssue(job, title);
  if (drift === null) {
    if (number === null) return `${stack} has not drifted.`;
    await commentOnIssue(job, number, `No longer: ${job.runUrl}`);
    await updateIssue(job, number, { state: 'closed', state_reason: 'completed' });
    return `${stack} no longer drifts: issue ${number} is closed.`;
  }
  const body = describe(stack, drift, job.runUrl);
  if (number === null) return `${stack} drifts: issue ${await openIssue(job, { title, body })} is opened.`;
  await updateIssue(job, number, { body });
  return `${stack} still drifts: issue ${number} is brought up to date.`;
}

function describe(stack: string, drift: string, runUrl: string): string {
  const left = LONGEST_BODY - drift.length;
  const shown =
    left < 0 ? `${drift.slice(0, LONGEST_BODY)}\n… ${-left} more characters are in the run's log.` : drift;
  return [
    `\`${stack}\` is not what \`main\` says: somebody changed it by hand, or a change of main was not deployed.`,
    'What an update would do now:',
    `\`\`\`\n${shown.replaceAll('```', "'''")}\n\`\`\``,
    'To take it back: approve the next deployment. To keep it: write it into the program, until the preview is empty.',
    `Seen by ${runUrl}`,
  ].join('\n\n');
}
