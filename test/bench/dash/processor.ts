import { readFileSync } from 'node:fs'
import { processesBelow } from '../memory/processes.ts'

/** Ticks of a second in /proc, on every Linux there is. */
const TICKS = 100

/** Milliseconds of processor time a process and all below it have used so far. Linux only. */
export function cpuUsedBelow(pid: number): number {
  return processesBelow(pid).reduce((sum, process) => sum + cpuUsedBy(process.pid), 0)
}

function cpuUsedBy(pid: number): number {
  let stat: string
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  } catch {
    return 0 // it has just ended
  }
  // The name, in parentheses, may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return ((Number(fields[11]) + Number(fields[12])) * 1_000) / TICKS
}
