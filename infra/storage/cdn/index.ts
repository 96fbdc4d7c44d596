export { Cdn, type CdnArgs } from './cdn.ts';
export { CDN_STATEMENT_ID, cdnStatement } from './failover-policy.ts';
