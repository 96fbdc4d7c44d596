import { freshSeconds, type CacheTierSettings } from './settings.ts';
import { storeRequest } from './tls.ts';

/** The epoch is in the key: an answer of the old origin that comes late is never found after a turn. */
const CACHE_KEY = '"$origin:$origin_epoch $request_method $resource"';

/** The locations that a request can be sorted into (`maps.ts`). */
export function routes(settings: CacheTierSettings): string {
  const { scheme, uri } = storeRequest(settings);
  const read = `${scheme}://\${origin}_read${uri}`;
  const write = `${scheme}://\${origin}_write${uri}`;
  return `        location = /_broken_copy_source {
            internal;
            default_type application/xml;
            return 400 '<?xml version="1.0" encoding="UTF-8"?><Error><Code>InvalidArgument</Code><Message>x-amz-copy-source is not encoded as it must be</Message></Error>';
        }
        location = /_refused {
            internal;
            default_type application/xml;
            return 403 '<?xml version="1.0" encoding="UTF-8"?><Error><Code>AccessDenied</Code></Error>';
        }

        location = /_cached {
            internal;
            proxy_pass ${read};
            # Nothing that is not part of the key may change what is stored.
            proxy_pass_request_headers off;
            proxy_cache images;
            proxy_cache_key ${CACHE_KEY};
            proxy_cache_convert_head off;
            proxy_cache_valid 200 ${freshSeconds(settings.maxStaleSeconds)}s;
            proxy_no_cache $keep_out;
            proxy_cache_lock on;
            proxy_cache_revalidate on;
            # Stale only while the origin is down; not "updating", which would be older than the bound says.
            proxy_cache_use_stale error timeout;
            add_header X-Cache-Status $upstream_cache_status;
            # What is deleted or no longer public must not come back as stale.
            proxy_intercept_errors on;
            error_page 403 404 = @gone;
        }

        location = /_read {
            internal;
            proxy_pass ${read};
            proxy_buffering off;
        }
        location = /_read_or_pending {
            internal;
            proxy_pass ${read};
            proxy_buffering off;
            proxy_intercept_errors on;
            error_page 404 = @missing;
        }

        location = /_write {
            internal;
${writing(write, '            ')}        }
        location = /_write_and_take {
            internal;
            auth_request /_take;
            error_page 500 = @unavailable;
${writing(write, '            ')}        }
        location = /_delete_many {
            internal;
            # Its keys are in the body: the service reads them, and passes the request on.
            rewrite ^ /pending/delete-many? break;
            proxy_pass http://pending;
            proxy_set_header Host $http_host;
            proxy_set_header Connection "";
            proxy_set_header X-Original-URI $request_uri;
            proxy_set_header X-Original-Method $request_method;
            proxy_next_upstream off;
        }
`;
}

/** A write may not be repeated, and is passed on as it comes. */
function writing(to: string, indent: string): string {
  return [
    `proxy_pass ${to};`,
    'proxy_request_buffering off;',
    'proxy_buffering off;',
    'proxy_next_upstream off;',
    'post_action /_drop;',
  ]
    .map((line) => `${indent}${line}\n`)
    .join('');
}

/** What the routes ask for themselves. */
export function internalLocations(settings: CacheTierSettings): string {
  const { scheme } = storeRequest(settings);
  const { tls, sourceHost } = settings;
  return `        location @gone {
            js_content cacheTier.gone;
        }
        location @missing {
            js_content cacheTier.missing;
        }
        location @unavailable {
            default_type application/xml;
            add_header Retry-After 1;
            return 503 '<?xml version="1.0" encoding="UTF-8"?><Error><Code>SlowDown</Code></Error>';
        }
        location = /_find {
            internal;
            proxy_pass http://pending/pending/find;
${asking('            ')}            proxy_pass_header X-Accel-Redirect;
        }
        location = /_take {
            internal;
            proxy_pass http://pending/pending/take;
${asking('            ')}        }
        # The presigned path and query of an object that is still on S3 alone.
        location = /_source {
            internal;
            proxy_pass ${scheme}://s3_read$source_uri;
${tls === undefined ? '' : `            proxy_ssl_name ${tls.hosts.s3};\n`}            proxy_buffering off;
            # The client's own signature is for Ceph; two of them are refused.
            proxy_pass_request_headers off;
            proxy_set_header Host ${sourceHost};
            proxy_set_header Connection "";
            proxy_set_header Range $http_range;
            proxy_set_header If-Match $http_if_match;
            proxy_set_header If-None-Match $http_if_none_match;
            proxy_set_header If-Modified-Since $http_if_modified_since;
            proxy_set_header If-Unmodified-Since $http_if_unmodified_since;
            proxy_set_header If-Range $http_if_range;
        }
        location = /_purge_get {
            internal;
            proxy_cache_purge images "$origin:$origin_epoch GET $resource";
        }
        location = /_purge_head {
            internal;
            proxy_cache_purge images "$origin:$origin_epoch HEAD $resource";
        }
        location = /_drop {
            internal;
            proxy_pass http://${settings.dropListen}/drop;
${withoutBody('            ')}            proxy_set_header Host drop;
            proxy_set_header X-Epoch "$origin:$origin_epoch";
            proxy_set_header X-Resource $resource_path;
        }
`;
}

/** A question to the pending list about the request at hand. */
function asking(indent: string): string {
  const lines = [
    'proxy_set_header Host pending;',
    'proxy_set_header X-Original-URI $request_uri;',
    'proxy_set_header X-Original-Host $http_host;',
    'proxy_set_header X-Original-Method $request_method;',
    'proxy_read_timeout 5s;',
  ];
  return withoutBody(indent) + lines.map((line) => `${indent}${line}\n`).join('');
}

/** A GET of ours on behalf of a request whose own body and headers are not sent along, nor announced. */
function withoutBody(indent: string): string {
  return [
    'proxy_method GET;',
    'proxy_pass_request_body off;',
    'proxy_pass_request_headers off;',
    'proxy_set_header Content-Length "";',
    'proxy_set_header Transfer-Encoding "";',
    'proxy_set_header Connection "";',
  ]
    .map((line) => `${indent}${line}\n`)
    .join('');
}
