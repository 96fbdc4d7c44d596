/** Where the stores and the pending list are, each `HOST:PORT`; names are looked up only when Nginx starts. */
export type Upstreams = {
  /** The RGWs of the images cluster, or their load balancer's addresses. */
  ceph: readonly string[];
  s3: readonly string[];
  pending: readonly string[];
};

/**
 * Each store twice: reads reuse connections; writes do not, because a connection that the server has just
 * closed shows as a failed request, and a write may not be repeated.
 *
 * @throws RangeError where one of them is nowhere: Nginx would refuse the whole configuration
 */
export function upstreamsConf({ ceph, s3, pending }: Upstreams): string {
  return [
    block('ceph_read', ceph, 32),
    block('ceph_write', ceph, 0),
    block('s3_read', s3, 32),
    block('s3_write', s3, 0),
    block('pending', pending, 0),
  ].join('');
}

function block(name: string, servers: readonly string[], keepalive: number): string {
  if (servers.length === 0) throw new RangeError(`the upstream ${name} has no server`);
  return (
    `    upstream ${name} {\n` +
    servers.map((server) => `        server ${server} max_fails=1 fail_timeout=1s;\n`).join('') +
    (keepalive > 0 ? `        keepalive ${keepalive};\n` : '') +
    '    }\n'
  );
}
