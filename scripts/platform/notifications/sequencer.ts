/**
 * Sequencers order the events of one key. The stores write them differently; here they become text that
 * compares as text.
 */

/** Amazon's sequencers have different lengths; a shorter one is continued with zeros. */
const AWS_LENGTH = 48;

/**
 * @returns undefined where there is none (moto sends none) or where it has an unknown form: an order that
 *   cannot be told is not guessed.
 */
export function normaliseSequencer(
  source: 'aws:s3' | 'ceph:s3',
  sequencer: string | undefined,
): string | undefined {
  if (sequencer === undefined || !/^[0-9a-f]+$/i.test(sequencer)) return undefined;
  const text = sequencer.toUpperCase();
  if (source === 'aws:s3') return text.length <= AWS_LENGTH ? text.padEnd(AWS_LENGTH, '0') : undefined;
  // Ceph writes the memory of {seconds, nanoseconds}, 32 bits each, as it lies on a little-endian machine.
  return text.length === 16 ? reverseBytes(text.slice(0, 8)) + reverseBytes(text.slice(8)) : undefined;
}

function reverseBytes(hex: string): string {
  return (hex.match(/../g) ?? []).reverse().join('');
}
