/** Who wants to know that something is new. */
export interface Subscribers {
  /** Returns how to end that. */
  add(listener: () => void): () => void
  tell(): void
}

export function subscribers(): Subscribers {
  const all = new Set<() => void>()
  return {
    add(listener) {
      // Its own function each time: who subscribes twice may leave once.
      const own = () => listener()
      all.add(own)
      return () => void all.delete(own)
    },
    tell() {
      for (const listener of [...all]) listener()
    },
  }
}
