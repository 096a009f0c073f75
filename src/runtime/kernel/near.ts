/** Changes of one letter above which two words are not alike. */
const FAR = 3
/** Words that are named at most. */
const MOST = 3

/** The words that somebody may have meant, the most alike first; none when nothing comes near. */
export function nearWords(word: string, words: readonly string[]): string[] {
  const wanted = word.toLowerCase()
  return words
    .map((candidate) => ({ candidate, far: distance(wanted, candidate.toLowerCase()) }))
    .filter(({ candidate, far }) => isNear(wanted, candidate.toLowerCase(), far))
    .toSorted((a, b) => a.far - b.far || a.candidate.localeCompare(b.candidate))
    .slice(0, MOST)
    .map(({ candidate }) => candidate)
}

function isNear(wanted: string, candidate: string, far: number): boolean {
  if (wanted.length >= 3 && (candidate.includes(wanted) || wanted.includes(candidate))) return true
  return far <= Math.min(FAR, Math.floor((wanted.length + 1) / 3))
}

/** Levenshtein's distance, with one row of his table at a time. */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, i) => i)
  for (let i = 1; i <= from.length; i++) {
    const next = [i]
    for (let j = 1; j <= to.length; j++) {
      const changed = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1)
      next.push(Math.min(changed, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[to.length] ?? 0
}

/** "; did you mean prod or proof?", or nothing. */
export function didYouMean(word: string, words: readonly string[]): string {
  const near = nearWords(word, words)
  if (near.length === 0) return ''
  return `; did you mean ${near.join(' or ')}?`
}
