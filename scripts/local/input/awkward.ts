/**
 * Keys that tools have been seen to corrupt, skip or merge: each of them is a key of its own for S3, and
 * none may be normalised on the way.
 */
export type AwkwardKey = { key: string; body: 'photograph' | 'text' | 'empty' };

const folder = 'images/2026/awkward';

export const AWKWARD_KEYS: readonly AwkwardKey[] = [
  { key: `${folder}//double-slash.jpg`, body: 'photograph' },
  { key: '/leading-slash.jpg', body: 'photograph' },
  { key: `${folder}/./one-dot.jpg`, body: 'photograph' },
  { key: `${folder}/../two-dots.jpg`, body: 'photograph' },
  { key: `${folder}/ends-in-dots/..`, body: 'text' },
  { key: `${folder}/folder-with-body/`, body: 'text' },
  { key: `${folder}/folder-marker/`, body: 'empty' },
  { key: `${folder}/folder-marker/dish.jpg`, body: 'photograph' },
  { key: `${folder}/plus+plus.jpg`, body: 'photograph' },
  { key: `${folder}/plus plus.jpg`, body: 'photograph' },
  { key: `${folder}/percent%41.jpg`, body: 'photograph' },
  { key: `${folder}/percentA.jpg`, body: 'photograph' },
  { key: `${folder}/100%.jpg`, body: 'photograph' },
  { key: `${folder}/encoded%2Fslash.jpg`, body: 'text' },
  { key: `${folder}/question?mark=1.jpg`, body: 'photograph' },
  { key: `${folder}/hash#tag.jpg`, body: 'photograph' },
  { key: `${folder}/salt&pepper;chili.jpg`, body: 'photograph' },
  { key: `${folder}/it's "quoted" <b>.jpg`, body: 'photograph' },
  { key: `${folder}/two\nlines.jpg`, body: 'photograph' },
  { key: `${folder}/emoji-🍕🌶️.jpg`, body: 'photograph' },
  { key: `${folder}/caf\u00e9.jpg`, body: 'photograph' },
  { key: `${folder}/cafe\u0301.jpg`, body: 'photograph' },
  { key: `${folder}/zero-bytes.jpg`, body: 'empty' },
  { key: `${folder}/img1`, body: 'text' },
  { key: `${folder}/img10`, body: 'text' },
  // The longest key that S3 takes: 1,024 bytes of UTF-8.
  { key: longestKey(`${folder}/longest-`), body: 'photograph' },
];

function longestKey(prefix: string): string {
  const umlauts = Math.floor((1024 - prefix.length) / 2);
  return prefix + 'ü'.repeat(umlauts) + 'x'.repeat(1024 - prefix.length - 2 * umlauts);
}
