/**
 * What the applications' parameter says before the move has begun: nothing is decided, and applications
 * go on with what they have configured. Version 0 is never written again.
 */
export const UNDECIDED = { version: 0, state: 'undecided' } as const;
