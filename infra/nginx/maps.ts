import type { CacheTierSettings } from './settings.ts';

/**
 * How a request is sorted into its route. A route is a location of its own: a cache that is only bypassed
 * for signed requests still changes their headers and breaks signatures.
 *
 * Everything is decided on `$request_uri`, the path as the client sent it: Nginx's own `$uri` is decoded
 * and normalised, in which `a//b` and `a/b` are one.
 * (An expression of a map is never tried on an empty value: that needs a line of its own.)
 */
export function maps(settings: CacheTierSettings): string {
  const domains = settings.bucketDomains.map((name) => name.replaceAll('.', '\\.')).join('|');
  return `    # BUCKET.DOMAIN, where the bucket is part of the host's name.
    map $http_host $virtual_bucket {
        default "";
        "~*^(?<bucket_label>.+)\\.(?:${domains})(?::\\d+)?$" $bucket_label;
    }
    # One name for an object, however it is addressed.
    map $virtual_bucket $resource {
        default "/$virtual_bucket$request_uri";
        "" $request_uri;
    }
    map $resource $resource_path {
        default $resource;
        "~^(?<before_query>[^?]*)\\?" $before_query;
    }
    # The bucket itself. RGW decodes a path before it looks for slashes.
    map $resource $is_bucket {
        default 0;
        "~^/+(?:[^/?%]|%(?!2[fF]).{2})*(?:/|%2[fF])?(?:\\?|$)" 1;
    }
    # RGW's own administration is not for clients of the cache tier.
    map $uri $is_admin {
        default 0;
        "~^/+admin(?:/|$)" 1;
    }
    map $request_method $is_read {
        default 0;
        GET 1;
        HEAD 1;
    }
    # A parameter whose name is encoded is taken for a signature's: RGW would decode it.
    map $args $signed_by_query {
        default 0;
        "~*(?:^|&)(?:x-amz-|signature=|awsaccesskeyid=)" 1;
        "~(?:^|&)[^=&]*%" 1;
    }
    map $http_authorization $is_signed {
        default 1;
        "" $signed_by_query;
    }
    # Nothing but a signature and what the answer's headers shall be: a read of the object itself.
    map $args $reads_object {
        default 0;
        "" 1;
        "~*^(?:(?:x-amz-[^=&]*|response-[^=&]*|x-id|awsaccesskeyid|signature|expires)=[^&]*(?:&|$))*$" 1;
    }
    map $args $deletes_many {
        default 0;
        "~(?:^|&)delete(?:=|&|$)" 1;
    }
    # A broken escape in this header has made RGW 16.2.15 abort.
    map $http_x_amz_copy_source $copy_source_is_broken {
        default 1;
        "" 0;
        "~^(?:[^%]|%[0-9A-Fa-f]{2})*$" 0;
    }
    # Answers with CORS headers depend on Origin; they are not cached.
    map $http_origin $is_cross_origin {
        default 1;
        "" 0;
    }
    map $upstream_http_cache_control $keep_out {
        default 0;
        "~*(?:no-store|private)" 1;
    }

    # broken or admin, read, signed, bucket, cross-origin, fallback, reads the object itself, deletes many
    map "$copy_source_is_broken$is_admin $is_read$is_signed$is_bucket$is_cross_origin $fallback$reads_object$deletes_many" $route {
        "~^1" /_broken_copy_source;
        "~^01" /_refused;
        # Anonymous: a bucket is not listed.
        "~^00 101" /_refused;
        # Anonymous: what anyone may read is cached.
        "~^00 1000" /_cached;
        # Signed, or with CORS.
        "~^00 1.0. 11" /_read_or_pending;
        "~^00 1" /_read;
        # Writes; those of a key take it off the pending list first.
        "~^00 0.1. 1.1" /_delete_many;
        "~^00 0.0. 1" /_write_and_take;
        default /_write;
    }
`;
}
