/**
 * Stack traces as Node makes them. The SDK, when it starts, has every one mapped through source maps, and it
 * takes one of each resource and each promise: a third of a preview's time. Our TypeScript runs as it is, every
 * line and column in its place, so there is nothing to map.
 */
Reflect.deleteProperty(Error, 'prepareStackTrace');
