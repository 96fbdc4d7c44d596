import { internalLocations, routes } from './routes.ts';
import { maps } from './maps.ts';
import { storeRequest, storeTls } from './tls.ts';
import { freshSeconds, type CacheTierSettings } from './settings.ts';
import { upstreamsConf } from '../../scripts/contract/nginx-upstreams.ts';

const MODULES = '/usr/lib/nginx/modules';

/** The text of nginx.conf. The origin is not in it: `originConf` writes that to `files.origin`. */
export function cacheTierConf(settings: CacheTierSettings): string {
  const { cache, files, temporaryFolder, upstreams } = settings;
  const workers = settings.workers ?? { count: 2, connections: 1024 };
  const { host } = storeRequest(settings);
  return `# Written by the stack; what is changed here is lost.
load_module ${MODULES}/ngx_http_js_module.so;
load_module ${MODULES}/ngx_http_cache_purge_module.so;

${settings.user === undefined ? '' : `user ${settings.user};\n`}daemon off;
worker_processes ${workers.count};
worker_rlimit_nofile ${workers.connections * 4};
pid ${files.pid};
error_log ${files.errorLog} warn;
# Requests that began at the old origin may end there, but not for ever.
worker_shutdown_timeout ${settings.drainSeconds}s;

events {
    worker_connections ${workers.connections};
}

http {
    log_format brief '$msec $request_method $request_uri $status $body_bytes_sent $request_time $origin_order $upstream_cache_status $upstream_status';
    access_log ${files.accessLog} brief;
    server_tokens off;
    default_type application/octet-stream;
    client_body_temp_path ${temporaryFolder}/body;
    proxy_temp_path ${temporaryFolder}/proxy;
    fastcgi_temp_path ${temporaryFolder}/fastcgi;
    uwsgi_temp_path ${temporaryFolder}/uwsgi;
    scgi_temp_path ${temporaryFolder}/scgi;

    # Objects have the size they have, and keys of 1,024 bytes become long when encoded.
    client_max_body_size 0;
    large_client_header_buffers 8 32k;
    # Signatures cover headers and paths as the client sent them.
    ignore_invalid_headers off;
    underscores_in_headers on;
    keepalive_requests 10000;
${settings.keepAliveSeconds === undefined ? '' : `    keepalive_timeout ${settings.keepAliveSeconds}s;\n`}
    js_import cacheTier from ${files.script};
    js_var $source_uri;

    proxy_http_version 1.1;
    proxy_set_header Host ${host};
    proxy_set_header Connection "";
    proxy_connect_timeout 5s;
    # An S3 answer must not steer Nginx.
    proxy_ignore_headers X-Accel-Redirect X-Accel-Expires X-Accel-Limit-Rate X-Accel-Buffering X-Accel-Charset Cache-Control Expires Set-Cookie Vary;

    # An anonymous read is never older than ${settings.maxStaleSeconds} s while the origin answers: ${freshSeconds(settings.maxStaleSeconds)} s in the cache
    # (counted in whole seconds, so up to one more) and up to one on the way here.
    proxy_cache_path ${cache.folder} levels=1:2 keys_zone=images:${cache.keysMegabytes ?? 16}m max_size=${cache.maxMegabytes}m inactive=${cache.unusedMinutes}m use_temp_path=off;

    include ${files.origin};

${'file' in upstreams ? `    include ${upstreams.file};\n` : upstreamsConf(upstreams)}
${maps(settings)}${storeTls(settings)}
    server {
        listen ${settings.listen};
        merge_slashes off;

        # Which origin serves: the turn waits for this answer.
        location = /_origin {
            access_log off;
            default_type application/json;
${settings.drainingFile === undefined ? '' : `            if (-f ${settings.drainingFile}) {\n                return 503;\n            }\n`}            return 200 '{"origin":"$origin_order","epoch":"$origin_epoch"}';
        }
        # A bucket's name cannot begin with an underscore: the names below hide no object.
        location / {
            rewrite ^ $route last;
        }

${routes(settings)}
${internalLocations(settings)}    }

    # Drops a key after a write. A server of its own, because it is asked when the client's answer is out.
    server {
        listen ${settings.dropListen};
        access_log off;
        location = /drop {
            js_content cacheTier.dropped;
        }
        location = /_purge_get {
            internal;
            proxy_cache_purge images "$http_x_epoch GET $http_x_resource";
        }
        location = /_purge_head {
            internal;
            proxy_cache_purge images "$http_x_epoch HEAD $http_x_resource";
        }
    }
}
`;
}
