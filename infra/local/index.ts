export { LocalEnvironment, type LocalBucket, type LocalEnvironmentArgs } from './local-environment.ts';
export { DEFAULT_PORT_BASE, localPorts, PORT_SPAN, type LocalPorts } from './ports.ts';
export type { LocalRuntime } from './part-command.ts';
export { Workers, type WorkersArgs } from './workers.ts';
