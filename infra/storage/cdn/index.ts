export { Edge, type EdgeArgs } from './edge.ts';
export { Cdn, type CdnArgs } from './cdn.ts';
