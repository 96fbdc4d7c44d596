export { Database, type DatabaseArgs, type DatabaseSettings } from './database.ts';
export type { DatabaseModels } from './models.ts';
