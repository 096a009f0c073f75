import type { Hit } from './entry.ts'

/** What was asked for just now, in this process: a question that many ask at once need not be looked up each time. */
export interface HotEntries {
  get(digest: string): Hit | undefined
  /** A mark of what is known now, for `put`: what was read before a clearing is not kept after it. */
  readonly epoch: number
  put(digest: string, hit: Hit, epoch: number): void
  clear(): void
}

/** Milliseconds. */
const LIFE = 1_000
const MOST = 256
/** Characters of the largest that is held. */
const LARGEST = 16_384

export function createHotEntries(now: () => number = () => performance.now()): HotEntries {
  const entries = new Map<string, { hit: Hit; until: number }>()
  let epoch = 0
  return {
    get(digest) {
      const entry = entries.get(digest)
      if (entry === undefined) return undefined
      if (now() < entry.until) return entry.hit
      entries.delete(digest)
      return undefined
    },
    get epoch() {
      return epoch
    },
    put(digest, hit, of) {
      if (of !== epoch || hit.json.length > LARGEST) return
      if (entries.size >= MOST) entries.delete(entries.keys().next().value as string)
      entries.set(digest, { hit, until: now() + LIFE })
    },
    clear() {
      epoch += 1
      entries.clear()
    },
  }
}
