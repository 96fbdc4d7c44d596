import { pino } from 'pino';

const standardError = pino.destination(2);
// The reader may be gone (a killed engine); the work goes on.
standardError.on('error', () => undefined);

/**
 * The log of every script: JSON lines on standard error, so that standard output stays what a caller
 * may parse (the gate's phase, a report).
 */
export const log = pino({ level: process.env['MIGRATE_LOG'] ?? 'info', base: null }, standardError);
export type Log = typeof log;
