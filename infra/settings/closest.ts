/** The known word that takes the fewest edits (Levenshtein): what a misspelt one was meant to be. */
export function closest(word: string, known: readonly string[]): string {
  return known.reduce((best, candidate) =>
    distance(word, candidate) < distance(word, best) ? candidate : best,
  );
}

function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const substitution = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, substitution));
    }
    row = next;
  }
  return row[b.length] ?? Infinity;
}
