import { pino } from 'pino';

/**
 * The log of every script: JSON lines on standard error, so that standard output stays what a caller
 * may parse (the gate's phase, a report).
 */
export const log = pino({ level: process.env['MIGRATE_LOG'] ?? 'info', base: null }, pino.destination(2));
export type Log = typeof log;
