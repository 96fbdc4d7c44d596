// @ts-nocheck: CloudFront is not Node, and has no types here.
/* global BUCKET, SIGNED_HOST */
// Runs at CloudFront's edge before the cache is asked (runtime cloudfront-js-2.0, no imports). The stack
// writes `var BUCKET` and `var SIGNED_HOST` before it.

/** A read of `/BUCKET/KEY` becomes one of `/KEY` at origins that are about this bucket alone. */
// eslint-disable-next-line no-unused-vars -- CloudFront calls it
function handler(event) {
  var request = event.request;
  if (isSigned(request)) {
    return refusal(403, 'Forbidden', 'AccessDenied', 'Signed requests go to https://' + SIGNED_HOST);
  }
  // CloudFront chose this behaviour by the normalised path, and sends the raw one on.
  var prefix = '/' + BUCKET + '/';
  if (!request.uri.startsWith(prefix)) {
    return refusal(404, 'Not Found', 'NoSuchBucket', 'The path does not begin with a bucket of this host');
  }
  if (request.uri === prefix) {
    return refusal(403, 'Forbidden', 'AccessDenied', 'A bucket is not listed for anybody');
  }
  request.uri = request.uri.slice(prefix.length - 1);
  // Part of the cache's key: without it the same key of two buckets would be one object.
  request.headers['x-images-bucket'] = { value: BUCKET };
  return request;
}

/** The same as what Nginx takes for signed; a parameter whose name is encoded, too. */
function isSigned(request) {
  return (
    request.headers['authorization'] !== undefined ||
    Object.keys(request.querystring).some(function (name) {
      return /^x-amz-|^signature$|^awsaccesskeyid$|%/i.test(name);
    })
  );
}

function refusal(status, text, code, message) {
  return {
    statusCode: status,
    statusDescription: text,
    headers: {
      'content-type': { value: 'application/xml' },
      'cache-control': { value: 'no-store' },
    },
    body:
      '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>' +
      code +
      '</Code><Message>' +
      message +
      '</Message></Error>',
  };
}
