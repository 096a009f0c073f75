/** The vector with length 1; undefined where it has none, or numbers that are not finite. */
export function unitVector(values: ArrayLike<number>): Float32Array | undefined {
  let square = 0
  for (let i = 0; i < values.length; i++) square += (values[i] as number) ** 2
  if (square === 0 || !Number.isFinite(square)) return undefined
  const length = Math.sqrt(square)
  return Float32Array.from(values, (value) => value / length)
}

/** Runs of texts, in order, of `count` texts and `characters` characters at most; a longer text is a run of its own. */
export function batchesOf(texts: readonly string[], count: number, characters: number): string[][] {
  const batches: string[][] = []
  let size = 0
  for (const text of texts) {
    const current = batches.at(-1)
    size += text.length
    if (current && current.length < count && size <= characters) {
      current.push(text)
    } else {
      batches.push([text])
      size = text.length
    }
  }
  return batches
}
