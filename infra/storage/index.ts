export { Storage, type StorageArgs } from './storage.ts';
