import { dockerProxyError } from '../errors.ts'

/** How many containers there may be at once, so that a caller gone wild cannot fill the machine with them. */
export interface Places {
  /**
   * Makes a container where there is a place for it; `make` tells of it, if it comes to one, by `made`.
   * @throws AgentctlError DOCKER_PROXY_FULL, DOCKER_PROXY_CLOSING
   */
  within<T>(make: (made: (id: string) => void) => Promise<T>): Promise<T>
  /** One is gone. */
  free(id: string): void
  /** Of those that were there before, only these are. */
  keepOnly(before: ReadonlySet<string>, there: ReadonlySet<string>): void
  taken(): ReadonlySet<string>
  /** No more are made. */
  close(): void
  /** Resolves when none is being made. */
  settled(): Promise<void>
}

export function createPlaces(max: number): Places {
  const taken = new Set<string>()
  const underWay = new Set<Promise<unknown>>()
  let isClosed = false

  return {
    async within(make) {
      if (isClosed) throw dockerProxyError('DOCKER_PROXY_CLOSING', 'no more containers are made')
      if (taken.size + underWay.size >= max) {
        throw dockerProxyError('DOCKER_PROXY_FULL', `there are ${max} containers already`)
      }
      const making = make((id) => taken.add(id))
      underWay.add(making)
      try {
        return await making
      } finally {
        underWay.delete(making)
      }
    },
    free: (id) => void taken.delete(id),
    keepOnly(before, there) {
      for (const id of before) if (!there.has(id)) taken.delete(id)
    },
    taken: () => new Set(taken),
    close() {
      isClosed = true
    },
    async settled() {
      await Promise.allSettled(underWay)
    },
  }
}
