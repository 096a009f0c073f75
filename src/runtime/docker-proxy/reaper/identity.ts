import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'

/** `HOST/PID/START/RANDOM`: which proxy made a container. START tells processes apart that had the same id in turn. */
export function proxyIdentity(): string {
  const startedAt = Math.round(performance.timeOrigin)
  return `${hostname()}/${process.pid}/${startedAt}/${randomBytes(4).toString('hex')}`
}

/**
 * Tells whether the process of a proxy has ended, as far as that can be seen from here: not of those on other hosts.
 * @param own identity of a proxy in this process
 */
export function goneFrom(own: string, alive: (pid: number) => boolean = isAlive): (proxy: string) => boolean {
  const [host, pid, start] = own.split('/')
  return (proxy) => {
    const [itsHost, itsPid, itsStart] = proxy.split('/')
    if (itsHost !== host) return false
    return itsPid === pid ? itsStart !== start : !alive(Number(itsPid))
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
