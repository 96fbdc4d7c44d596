#!/usr/bin/env node
import { enableCompileCache } from 'node:module';

// Before anything else is loaded: half of a start is compiling what was compiled the last time.
enableCompileCache();

// An engine that was killed leaves its steps running with nobody to read: they go on to their end.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

const { main } = await import('./cli/main.ts');
await main(process.argv.slice(2));
