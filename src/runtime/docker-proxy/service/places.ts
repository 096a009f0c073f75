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
}

export function createPlaces(max: number): Places {
  const taken = new Set<string>()
  let underWay = 0
  let isClosed = false

  return {
    async within(make) {
      if (isClosed) throw dockerProxyError('DOCKER_PROXY_CLOSING', 'no more containers are made')
      if (taken.size + underWay >= max) {
        throw dockerProxyError('DOCKER_PROXY_FULL', `there are ${max} containers already`)
      }
      underWay += 1
      try {
        return await make((id) => taken.add(id))
      } finally {
        underWay -= 1
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
  }
}
