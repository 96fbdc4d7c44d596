// @ts-nocheck: CloudFront is not Node, and has no types here.
// Runs at CloudFront's edge (runtime cloudfront-js-2.0) for every path that names no bucket of this host.
// eslint-disable-next-line no-unused-vars -- CloudFront calls it
function handler() {
  return {
    statusCode: 404,
    statusDescription: 'Not Found',
    headers: {
      'content-type': { value: 'application/xml' },
      'cache-control': { value: 'no-store' },
    },
    body: '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NoSuchBucket</Code></Error>',
  };
}
