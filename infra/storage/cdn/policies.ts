import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';

/**
 * CloudFront's own policies by their ids, the same in every account. `AllViewer` is the one way to hand on
 * `Authorization` without making it a key of the cache; it goes with a cache that is off.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html
 * https://repost.aws/knowledge-center/cloudfront-authorization-header
 */
export const MANAGED_CACHING_DISABLED = '4135ea2d-6df8-44a3-9df3-4b5a84be39ad';
export const MANAGED_ALL_VIEWER = '216adef6-5c7f-47e4-b989-5492eafa07d3';

/** How long CloudFront may use an answer without asking again, in whole seconds. */
export type EdgeSeconds = {
  /** Where the object says nothing. */
  standard: number;
  /** At most, whatever the object's Cache-Control or Expires say. */
  maximum: number;
};

/**
 * How images are kept at the edge. What a user sees: an image that was overwritten, deleted or made private
 * may be shown for `maximum` longer than the cache tier's own bound, and as long as their browser believes
 * `Cache-Control`, which is handed on as it is. While nothing behind answers, what the edge has is shown on.
 */
export function imagesCachePolicy(
  name: string,
  seconds: EdgeSeconds,
  options: pulumi.CustomResourceOptions,
): aws.cloudfront.CachePolicy {
  assertSeconds(seconds);
  return new aws.cloudfront.CachePolicy(
    name,
    {
      comment: 'Anonymous reads of images',
      minTtl: 0,
      defaultTtl: seconds.standard,
      maxTtl: seconds.maximum,
      parametersInCacheKeyAndForwardedToOrigin: {
        cookiesConfig: { cookieBehavior: 'none' },
        // Versions, parts, and names that pages put there to get past caches.
        queryStringsConfig: { queryStringBehavior: 'all' },
        headersConfig: {
          headerBehavior: 'whitelist',
          headers: {
            items: [
              'Origin',
              'Access-Control-Request-Headers',
              'Access-Control-Request-Method',
              'x-images-bucket',
            ],
          },
        },
        // A compressed answer has another ETag and no Content-Length: it would no longer be the object.
        enableAcceptEncodingBrotli: false,
        enableAcceptEncodingGzip: false,
      },
    },
    options,
  );
}

/** Headers for browsers: HTTPS only, and no guessing of types. What the object says stays. */
export function responseHeaders(
  name: string,
  options: pulumi.CustomResourceOptions,
): aws.cloudfront.ResponseHeadersPolicy {
  return new aws.cloudfront.ResponseHeadersPolicy(
    name,
    {
      comment: 'Images of the object store',
      securityHeadersConfig: {
        strictTransportSecurity: {
          accessControlMaxAgeSec: 31_536_000,
          includeSubdomains: false,
          preload: false,
          override: false,
        },
        contentTypeOptions: { override: true },
      },
    },
    options,
  );
}

function assertSeconds(seconds: EdgeSeconds): void {
  const { standard, maximum } = seconds;
  if ([standard, maximum].every((value) => Number.isInteger(value) && value >= 0) && standard <= maximum) {
    return;
  }
  throw new pulumi.InputPropertyError({
    propertyPath: 'edgeSeconds',
    reason:
      `it is ${JSON.stringify(seconds)}. Both must be whole seconds, at least 0, and standard at most maximum, ` +
      'for example { standard: 10, maximum: 60 }.',
  });
}
