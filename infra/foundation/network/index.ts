export * from './cidr.ts';
export { INTERFACE_SERVICES } from './endpoints.ts';
export * from './network.ts';
export * from './traffic.ts';
export type { NetworkZone } from './zone.ts';
