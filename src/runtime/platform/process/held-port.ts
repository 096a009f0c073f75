import net, { isIP } from 'node:net'

/** A port that is this process's own, although others listen on it: those who were started with the file descriptor. */
export interface HeldPort {
  readonly fd: number
  readonly host: string
  readonly port: number
  /** What waits there to be accepted is refused, unless a child still listens. */
  close(): void
}

/**
 * Takes a port without listening, before anybody else does; undefined where it is in use, and where the system or this version of Node cannot.
 * @param host a numeric address; names may stand for several
 * @param port 0 for any free one
 */
export function holdPort(host: string, port: number): HeldPort | undefined {
  if (net.BoundSocket === undefined || isIP(host) === 0) return undefined
  try {
    const socket = new net.BoundSocket({ host, port })
    return { fd: socket.fd(), host, port: socket.address().port, close: () => socket.close() }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall === 'bind') return undefined
    throw error
  }
}
