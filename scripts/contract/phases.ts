/** The phases of the move, in their order. `none` is the one before the first `pulumi up`. */
export const PHASES = ['prepare', 'copy', 'cutover', 'retain', 'retire', 'done'] as const;
export type Phase = (typeof PHASES)[number];

export function isPhase(text: string): text is Phase {
  return (PHASES as readonly string[]).includes(text);
}

/** The long-running workers; the local supervisor and, on AWS, Kubernetes run them under these names. */
export type Worker = 'capture' | 'replay' | 'pending' | 'hold-watch';

/**
 * Which workers run in a phase. Capture goes on until the bucket is gone, so that a straggler's write
 * is never missed; replay ends before S3 is expired, because expiry raises delete events and a replay
 * still running could take them for a client's (traps: "S3 at the end"). Sync is no daemon: the step
 * that enters `copy` starts it and it ends by itself.
 */
export function workersIn(phase: Phase): readonly Worker[] {
  switch (phase) {
    case 'prepare':
      return ['capture', 'pending', 'hold-watch'];
    case 'copy':
    case 'cutover':
    case 'retain':
      return ['capture', 'replay', 'pending', 'hold-watch'];
    case 'retire':
      return ['capture', 'pending', 'hold-watch'];
    case 'done':
      return [];
  }
}

/** Where Nginx gets an image in a phase, in order. `pending`: S3, for keys on the pending list only. */
export type Origin = 's3' | 'ceph' | 'ceph-then-pending';

/** The origin order of the cache tier in a phase. Inside a hold the cutover script turns it. */
export function originOf(phase: Phase): Origin {
  switch (phase) {
    case 'prepare':
    case 'copy':
      return 's3';
    case 'cutover':
    case 'retain':
      return 'ceph-then-pending';
    case 'retire':
    case 'done':
      return 'ceph';
  }
}

/** Where the applications' parameter sends the applications once a phase is arrived in. */
export function parameterOf(phase: Phase): 's3' | 'ceph' {
  return originOf(phase) === 's3' ? 's3' : 'ceph';
}
