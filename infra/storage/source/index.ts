export { InventoryBucket, type InventoryBucketArgs } from './inventory-bucket.ts';
export { INVENTORY_ID, REQUESTS_ID, SourceBucket, type SourceBucketArgs } from './source-bucket.ts';
