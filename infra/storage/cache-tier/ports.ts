/** Where the pods of the cache tier listen, and the port of every node that leads to the pod on it. */
export const CACHE_TIER_PORTS = {
  nginx: 8080,
  /** Nginx to itself, on loopback: drops a key. */
  drop: 8081,
  /** The follower: `/_origin` answers once every request is served by it. */
  turned: 8082,
  node: 30080,
} as const;
