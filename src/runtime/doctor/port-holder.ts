import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

export interface Holder {
  pid: number
  /** Its command line. */
  command: string
}

/** State of a socket that listens, in the tables of the kernel. */
const LISTEN = '0A'

/** The process that listens on a port of this machine; undefined where that cannot be seen, as of another user's. */
export function holderOf(port: number): Holder | undefined {
  const inodes = new Set(['/proc/net/tcp', '/proc/net/tcp6'].flatMap((file) => listeners(read(file), port)))
  if (inodes.size === 0) return undefined
  for (const pid of processes()) {
    if (holdsAny(pid, inodes))
      return { pid, command: read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim() }
  }
  return undefined
}

/** Inodes of the sockets that listen on a port, from a table as in /proc/net/tcp. */
export function listeners(table: string, port: number): string[] {
  const wanted = port.toString(16).toUpperCase().padStart(4, '0')
  return table
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local, , state]) => state === LISTEN && local?.split(':')[1] === wanted)
    .flatMap((words) => words[9] ?? [])
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

function processes(): number[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
  } catch {
    return []
  }
}

function holdsAny(pid: number, inodes: ReadonlySet<string>): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => {
      const inode = /^socket:\[(\d+)\]$/.exec(linkOf(`/proc/${pid}/fd/${fd}`))?.[1]
      return inode !== undefined && inodes.has(inode)
    })
  } catch {
    return false
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}
