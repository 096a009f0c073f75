import { type HeldPort, holdPort } from '../platform/process/index.ts'

/** A port that the processes of one replica share: the one that leaves, and the one that takes its place. */
export interface SharedPort extends Omit<HeldPort, 'close'> {
  /** One process fewer has it. Once there is none, whoever connects is refused, and the port is anybody's. */
  release(): void
}

export interface SharedPorts {
  /**
   * The port of a replica, for one more process; undefined when it cannot be held.
   * @param candidates the ports to try, unless it has one already
   */
  borrow(replica: string, host: string, candidates: readonly number[]): SharedPort | undefined
  /** Whether a successor could listen beside the process that has it now. */
  has(replica: string): boolean
}

/**
 * Held only while a process runs: after a crash nobody is to wait for an answer that may never come, where there are others to
 * ask.
 */
export function createSharedPorts(hold: typeof holdPort = holdPort): SharedPorts {
  const shared = new Map<string, { port: HeldPort; users: number }>()

  return {
    borrow(replica, host, candidates) {
      const entry = shared.get(replica) ?? { port: firstFree(host, candidates, hold), users: 0 }
      const { port } = entry
      if (port === undefined) return undefined
      entry.users += 1
      shared.set(replica, { ...entry, port })
      return {
        fd: port.fd,
        host: port.host,
        port: port.port,
        release() {
          const mine = shared.get(replica)
          if (mine?.port !== port) return
          mine.users -= 1
          if (mine.users > 0) return
          shared.delete(replica)
          port.close()
        },
      }
    },
    has: (replica) => shared.has(replica),
  }
}

function firstFree(host: string, candidates: readonly number[], hold: typeof holdPort): HeldPort | undefined {
  for (const candidate of candidates) {
    const port = hold(host, candidate)
    if (port) return port
  }
  return undefined
}
