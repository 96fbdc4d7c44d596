/** CloudFront's and the load balancer's own default, in seconds. */
const DEFAULT_SECONDS = 60;

/**
 * How long the load balancer keeps a connection over which nothing goes, in seconds. A request may take
 * `requestSeconds` before its answer begins. The hop nearer to the client must close an idle
 * connection first, else a request goes out on one that is being closed and is answered with 502:
 * CloudFront (`EDGE_KEEP_ALIVE_SECONDS`) before the load balancer before Nginx (`nginxKeepAliveSeconds`).
 */
export function idleSeconds(requestSeconds: number): number {
  return Math.max(DEFAULT_SECONDS, requestSeconds);
}

/** Nginx' `keepalive_timeout`, in seconds. */
export function nginxKeepAliveSeconds(requestSeconds: number): number {
  return idleSeconds(requestSeconds) + 15;
}

/** How long CloudFront keeps an idle connection to the load balancer, in seconds. */
export const EDGE_KEEP_ALIVE_SECONDS = 30;
