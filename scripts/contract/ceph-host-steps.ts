/** In this order, on one monitor. Each is a step of the document, whose state and output can be followed. */
export const STEPS = ['prepare', 'found', 'hosts', 'services', 'pools', 'gateway', 'users'] as const;
/** The exit code by which a host says that another one must be asked. */
export const NOT_A_MEMBER = 75;
