import { hostname } from 'node:os'
import { isAlive } from '../../platform/process/index.ts'

/** Whose containers are whose, by the label that says who had them made: `NAME/HOST/PID`. */
export interface Owner {
  /** Of the containers of this process. */
  readonly label: string
  /**
   * Whether a process of this name made it on this host and has ended, or was this one's predecessor with the same id. Of
   * others, such as two executors that go by one name, nothing can be told from here: the deadline ends what they leave.
   */
  isForerunner(label: string): boolean
}

export interface Host {
  name: string
  pid: number
  isAlive(pid: number): boolean
}

const thisHost: Host = { name: hostname(), pid: process.pid, isAlive }

export function createOwner(name: string, host: Host = thisHost): Owner {
  const beginning = `${plain(name)}/${plain(host.name)}/`
  return {
    label: `${beginning}${host.pid}`,
    isForerunner(label) {
      if (!label.startsWith(beginning)) return false
      const pid = Number(label.slice(beginning.length))
      return Number.isInteger(pid) && (pid === host.pid || !host.isAlive(pid))
    },
  }
}

/** As much as a label takes, of what it takes. */
function plain(text: string): string {
  return text.replaceAll(/[^A-Za-z0-9._-]/g, '-').slice(0, 56)
}
