import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Environment } from '../../contract/environment.ts';
import { messageOf, UserError } from '../../contract/errors.ts';
import { writeFileAtomic } from '../write-file.ts';

/** Where the parameter's text is kept. Replaced as a whole: a reader sees the old one or the new one. */
export type ParameterPlace = {
  /** Null where there is none. */
  read(): Promise<string | null>;
  /** Returns once every later read sees the new text. */
  write(text: string): Promise<void>;
};

export async function parameterPlace({ parameter }: Environment): Promise<ParameterPlace> {
  if (parameter.kind === 'file') return filePlace(parameter.file);
  return ssmPlace(parameter, await import('../aws/ssm.ts'));
}

function filePlace(file: string): ParameterPlace {
  return {
    async read() {
      try {
        return await readFile(file, 'utf8');
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
        throw new UserError(`Cannot read the applications' parameter: ${messageOf(error)}`, { exitCode: 3 });
      }
    },
    async write(text) {
      await writeFileAtomic(file, text);
    },
  };
}

/** The two calls of `aws/ssm.ts`, which is loaded only on AWS. */
type Ssm = {
  getSsmText(region: string, name: string): Promise<{ text: string; version: number } | null>;
  putSsmText(region: string, name: string, text: string): Promise<number>;
};

const SEEN_MILLISECONDS = 5000;
const LOOK_EVERY_MILLISECONDS = 50;

/**
 * Systems Manager answers reads from copies that may be behind for a moment: what was written is read back
 * until its version is seen, so that the refresh interval of those who follow it begins after that.
 */
function ssmPlace({ name, region }: { name: string; region: string }, ssm: Ssm): ParameterPlace {
  return {
    async read() {
      return (await ssm.getSsmText(region, name))?.text ?? null;
    },
    async write(text) {
      const version = await ssm.putSsmText(region, name, text);
      const until = performance.now() + SEEN_MILLISECONDS;
      for (;;) {
        const found = await ssm.getSsmText(region, name);
        if (found !== null && found.version >= version) return;
        if (performance.now() > until) {
          throw new UserError(
            `The parameter ${name} was written (version ${version}) and is still read as version ${found?.version ?? 'none'} ` +
              `after ${SEEN_MILLISECONDS / 1000} s`,
            { exitCode: 3 },
          );
        }
        await sleep(LOOK_EVERY_MILLISECONDS);
      }
    },
  };
}
