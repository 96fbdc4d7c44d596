import type { Stand } from './stand.ts';

/** What every case is given. */
export type Bench = {
  stand: Stand;
  /** The peers' programs. */
  tools: { rclone: string; s5cmd: string };
  rounds: number;
  /** 1 is the size that the goals are about; less for a look whether everything works. */
  scale: number;
  log: (line: string) => void;
};
