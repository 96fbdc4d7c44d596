/** What becomes of something that holds state. */
export type Protection = {
  /**
   * True: `pulumi destroy` and a replacement are refused, and what leaves the program stays in AWS.
   * False only in dev, where everything can be made again.
   */
  protect: boolean;
};

/** The resource options of something that holds state. */
export function protection(args: Protection): { protect: boolean; retainOnDelete: boolean } {
  return { protect: args.protect, retainOnDelete: args.protect };
}
