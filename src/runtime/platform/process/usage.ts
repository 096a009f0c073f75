import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** What a process uses at this moment. */
export interface Usage {
  /** Bytes of memory that it holds. */
  memory: number
  /** Milliseconds of processor time since it started, to the hundredth of a second. */
  cpu: number
  threads: number
}

/** Linux counts in these for programs, whatever the kernel uses itself. */
const MS_PER_TICK = 10
/** Of this machine, in bytes: what Node says it holds itself, by the pages that the system counts for it. */
let pageSize: number | undefined

/** Of a process and all its threads; undefined when there is none, or where the system does not tell. Linux only. */
export function usageOf(pid: number): Usage | undefined {
  try {
    pageSize ??= findPageSize()
    return parseStat(readFileSync(`/proc/${pid}/stat`, 'latin1'), pageSize)
  } catch {
    return undefined
  }
}

/** Reads proc_pid_stat(5). The name of the program, in parentheses, may itself hold spaces and parentheses. */
export function parseStat(stat: string, pageSize: number): Usage {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  // Counted from the state, which is field 3: utime 14, stime 15, num_threads 20, rss 24.
  const field = (number: number) => Number(fields[number - 3])
  return {
    cpu: (field(14) + field(15)) * MS_PER_TICK,
    threads: field(20),
    memory: field(24) * pageSize,
  }
}

function findPageSize(): number {
  const pages = parseStat(readFileSync('/proc/self/stat', 'latin1'), 1).memory
  return 2 ** Math.round(Math.log2(process.memoryUsage.rss() / pages))
}

/** When a process was started, in ticks since the machine was: with its id a name that no other process ever has. */
export function startOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[22 - 3])
  } catch {
    return undefined
  }
}

/** Processes whose working folder is `folder` or below it. Linux only; elsewhere none are found. */
export function processesIn(folder: string): number[] {
  return pids().filter((pid) => {
    try {
      const at = readlinkSync(`/proc/${pid}/cwd`).replace(/ \(deleted\)$/, '')
      return at === folder || at.startsWith(`${folder}/`)
    } catch {
      return false // ended meanwhile, or not ours to look at
    }
  })
}

function pids(): number[] {
  try {
    return readdirSync('/proc').map(Number).filter(Number.isInteger)
  } catch {
    return []
  }
}
