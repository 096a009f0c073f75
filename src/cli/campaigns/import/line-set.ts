/** Numbers of lines, at one bit each: files may have millions. */
export interface LineSet {
  add(line: number): void
  has(line: number): boolean
}

const FIRST = 1024

export function createLineSet(): LineSet {
  let bits = new Uint8Array(FIRST)
  return {
    add(line) {
      const at = line >>> 3
      if (at >= bits.length) {
        const larger = new Uint8Array(Math.max(at + 1, bits.length * 2))
        larger.set(bits)
        bits = larger
      }
      bits[at] = (bits[at] ?? 0) | (1 << (line & 7))
    },
    has: (line) => ((bits[line >>> 3] ?? 0) & (1 << (line & 7))) !== 0,
  }
}
