import { setFlagsFromString } from 'node:v8';

/**
 * Keeps V8's space for young objects at its first size. A process that streams makes garbage all the
 * time; by default V8 lets that space grow, and with it the buffers that dead objects hold on to.
 * Measured with a sync worker copying 900 objects: peak 202 MiB before, 177 MiB after, in the same time.
 * For processes that work for long; call it first thing.
 *
 * @param growthPercent also collects old objects whenever they are so much more than after the last time.
 *   Costs a fifth of the processor time. Measured with `verify` over 1,500 objects, 32 at a time: peak
 *   160 to 217 MiB without, 131 to 143 with 30.
 */
export function keepHeapSmall(growthPercent?: number): void {
  setFlagsFromString('--semi-space-growth-factor=1');
  if (growthPercent !== undefined) setFlagsFromString(`--heap-growing-percent=${growthPercent}`);
}
