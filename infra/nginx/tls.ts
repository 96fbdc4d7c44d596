import type { CacheTierSettings } from './settings.ts';

/**
 * What is asked of a store, and how. Over TLS a store has a name of its own. A signed request keeps
 * the client's, which the signature covers, and its path. Any other is made for the store's own name, with
 * the bucket in the path: a store takes a host that it does not know for the name of a bucket.
 */
export function storeRequest({ tls }: Pick<CacheTierSettings, 'tls'>): {
  scheme: string;
  uri: string;
  host: string;
} {
  return tls === undefined
    ? { scheme: 'http', uri: '$request_uri', host: '$http_host' }
    : { scheme: 'https', uri: '$asked_uri', host: '$asked_host' };
}

/** The variables of `storeRequest`, and how a store's certificate is checked. Nothing without TLS. */
export function storeTls({ tls }: Pick<CacheTierSettings, 'tls'>): string {
  if (tls === undefined) return '';
  return `
    map $origin $store_host {
        ceph ${tls.hosts.ceph};
        s3 ${tls.hosts.s3};
    }
    map $is_signed $asked_host {
        default $http_host;
        0 $store_host;
    }
    map $is_signed $asked_uri {
        default $request_uri;
        0 $resource;
    }
    proxy_ssl_server_name on;
    proxy_ssl_name $store_host;
    proxy_ssl_verify on;
    proxy_ssl_verify_depth 4;
    proxy_ssl_trusted_certificate ${tls.authorities};
    proxy_ssl_protocols TLSv1.2 TLSv1.3;
    # A presigned path of S3 with a session's token does not fit into the default of one page.
    proxy_buffer_size 16k;
    proxy_buffers 8 16k;
    proxy_busy_buffers_size 32k;

`;
}
