/** What a client does next: how often each kind comes, of 100. */
export type ReadKind = 'get' | 'range' | 'head' | 'list' | 'presigned' | 'cached';
export type WriteKind = 'create' | 'overwrite' | 'delete' | 'delete-many' | 'multipart';
export type Kind = ReadKind | WriteKind;

const SHARES: Record<Kind, number> = {
  create: 13,
  overwrite: 11,
  delete: 5,
  'delete-many': 2,
  multipart: 0.5,
  get: 25,
  range: 6,
  head: 9,
  list: 4.5,
  presigned: 6,
  cached: 18,
};

const READS: ReadonlySet<Kind> = new Set<ReadKind>(['get', 'range', 'head', 'list', 'presigned', 'cached']);

export function isRead(kind: Kind): kind is ReadKind {
  return READS.has(kind);
}

/** Draws a kind; with `readsOnly` one of the reads, in the same proportions. */
export function drawKind(random: () => number, readsOnly = false): Kind {
  const shares = (Object.entries(SHARES) as [Kind, number][]).filter(([kind]) => !readsOnly || isRead(kind));
  let rest = random() * shares.reduce((sum, [, share]) => sum + share, 0);
  for (const [kind, share] of shares) {
    rest -= share;
    if (rest < 0) return kind;
  }
  return 'get';
}
