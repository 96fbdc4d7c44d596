export { CacheTier, type CacheTierArgs } from './cache-tier.ts';
export { CacheTierLoadBalancer, type CacheTierLoadBalancerArgs } from './load-balancer.ts';
export { CACHE_TIER_PORTS } from './ports.ts';
