import type { Writable } from 'node:stream';

/** What each phase means to somebody who watches. */
const TITLES: Record<string, string> = {
  prepare: 'real Ceph, Nginx and PostgreSQL come up; the source is filled; clients begin to write',
  copy: "S3's changes are captured, everything is copied and compared",
  cutover: 'the hold: writes wait for seconds, then everybody is on Ceph',
  retain: 'S3 is kept, untouched',
  retire: '15 days later (by an injected clock): writes to S3 are denied, all is certified, S3 is emptied',
  done: 'what was ours on S3 is removed',
  report: 'is everything there?',
};

export type Narrator = {
  phase: (name: string) => void;
  line: (line: string) => void;
  end: () => void;
};

/** Turns the lines of a run into what a person likes to read, with the time since it began. */
export function narrator(out: Writable): Narrator {
  const began = Date.now();
  const said = new Set<string>();
  const clock = () => {
    const seconds = Math.floor((Date.now() - began) / 1000);
    return `${String(Math.floor(seconds / 60)).padStart(3)}:${String(seconds % 60).padStart(2, '0')}`;
  };
  return {
    phase(name) {
      said.clear();
      out.write(`\n${clock()}  ━━ ${name} ━━  ${TITLES[name] ?? ''}\n`);
    },
    line(line) {
      const text = readable(line);
      // The engine repeats a step's last line when the step ends.
      if (text === null || said.has(text)) return;
      said.add(text);
      out.write(`${clock()}  ${text}\n`);
    },
    end() {
      out.write('\n');
    },
  };
}

/**
 * What a person reads of one line, or null: the engine's own book-keeping is left out.
 *
 *     ` ~  command:local:Command phase-gate-enter updating (0s) [diff: ~environment]; gate quiet: nobody …`
 *     → `gate quiet: nobody …`
 */
export function readable(line: string): string | null {
  const engine = /^\s*[+~@.-]*\s*(pulumi:|storage:|command:|@ )/.test(line) || /^\s*[@+~]/.test(line);
  const step =
    /command:local:Command \S+ +\*{0,2}(?:creat|updat|replac)[a-z ]*\*{0,2} *(?:\([^)]*\))? *(.*)$/.exec(
      line,
    );
  const said = (step?.[1] ?? '').replace(/^\[diff:[^\]]*\];? */, '').trim();
  if (step !== null) return said === '' || said.startsWith('{') || said.startsWith('error:') ? null : said;
  if (engine || ENGINE_LINES.some((pattern) => pattern.test(line))) return null;
  return line.trimEnd();
}

/** Lines of the engine that name no resource. What went wrong is said by the error at the end. */
const ENGINE_LINES = [
  /^\s*$/,
  /^(Updating|Previewing|Destroying) /,
  /^(Resources|Diagnostics|Duration|Outputs):/,
  /^ {2}/,
  /^\s*warning: using pulumi-/,
];
