/** The long work that ends by itself, and what runs it. */

/**
 * The long work that ends by itself. `copy`: the bulk copy · `verify`: brings the base certificates up to
 * now · `containment`: the certificates without which S3 is not emptied.
 */
export type LongWork = 'copy' | 'verify' | 'containment';

/**
 * `none`: not started for this run · `running` · `stopped`: started and put to sleep · `ended`: done ·
 * `failed`: ended before the work did.
 */
export type WorkState = 'none' | 'running' | 'stopped' | 'ended' | 'failed';

/** What runs the long work: a supervisor on this machine, or a Kubernetes cluster. */
export type Workers = {
  /**
   * Starts the work and returns when it has begun, not when it is done. Where it runs already nothing
   * happens; where it had failed it begins again, and goes on where it was.
   *
   * @param run what it belongs to, of letters, digits and dashes: another run is other work
   */
  start(work: LongWork, run: string): Promise<void>;
  state(work: LongWork, run: string): Promise<WorkState>;
  /** Where a person finds out why it failed. */
  whereToLook(work: LongWork, run: string): string;
};
