import type { Writable } from 'node:stream';

/** What each phase means to somebody who watches. */
const TITLES: Record<string, string> = {
  prepare: 'real Ceph, Nginx and PostgreSQL come up; the source is filled; clients begin to write',
  copy: "S3's changes are captured, everything is copied and compared",
  cutover: 'the hold: writes wait for seconds, then everybody is on Ceph',
  retain: 'S3 is kept, untouched',
  retire: '15 days later (by an injected clock): S3 is denied, certified and emptied',
  done: 'what was ours on S3 is removed',
  report: 'is everything there?',
};

/** The engine's own book-keeping, which tells a person nothing. */
const NOISE = [
  /^\s*$/,
  /^Updating \(/,
  /^Resources:/,
  /^Duration:/,
  /^\s+[+~\-]?\s*\d+ (to )?(unchanged|created|updated|deleted|same)/,
  /^\s*\d+ unchanged/,
  /^[@ ]*[@.]/,
  /^ *pulumi:pulumi:Stack/,
  /warning: using pulumi-/,
];

/** Turns the lines of a run into what a person likes to read, with the time since it began. */
export function narrator(out: Writable) {
  const began = Date.now();
  const clock = () => {
    const seconds = Math.floor((Date.now() - began) / 1000);
    return `${String(Math.floor(seconds / 60)).padStart(2)}:${String(seconds % 60).padStart(2, '0')}`;
  };
  let last = '';
  return {
    phase(name: string): void {
      out.write(`\n${clock()}  ━━ ${name} ━━  ${TITLES[name] ?? ''}\n`);
    },
    line(line: string): void {
      if (NOISE.some((pattern) => pattern.test(line))) return;
      const text = readable(line);
      if (text === last) return;
      last = text;
      out.write(`${clock()}  ${text}\n`);
    },
    end(): void {
      out.write('\n');
    },
  };
}

/** ` +  command:local:Command images-cluster creating (3s) what it said` → `images-cluster: what it said`. */
function readable(line: string): string {
  const step = /^\s*[+~\-@ ]*\s*command:local:Command (\S+)\s+(.*)$/.exec(line);
  if (step === null) return line.trimEnd();
  const said = (step[2] ?? '').replace(
    /^(creating|created|updating|updated)\s*(\([^)]*\))?\s*/,
    (_, verb: string, time) => (verb.endsWith('ed') ? `${verb} ${String(time ?? '')} ` : ''),
  );
  return said.trim() === '' ? `${step[1]} …` : `${step[1]}: ${said.trim()}`;
}
