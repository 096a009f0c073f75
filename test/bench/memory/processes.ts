import { readdirSync, readFileSync } from 'node:fs'

/** A process and what it holds, in bytes. */
export interface ProcessMemory {
  pid: number
  /** What it does: a replica's name, or its program. */
  name: string
  /** Resident, with what it shares with others counted in full. */
  resident: number
  /** Resident, with what is shared among n processes counted as an nth: these add up to what the machine is short of. */
  share: number
}

/** A process and all below it, with their memory. Linux only. */
export function processesBelow(root: number): ProcessMemory[] {
  const children = childrenOf(allProcesses())
  const found: number[] = []
  for (const queue = [root]; queue.length > 0; ) {
    const pid = queue.pop() as number
    found.push(pid)
    queue.push(...(children.get(pid) ?? []))
  }
  return found.flatMap((pid) => {
    const memory = memoryOf(pid)
    return memory === undefined ? [] : [{ pid, name: nameOf(pid), ...memory }]
  })
}

function allProcesses(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
}

function childrenOf(pids: readonly number[]): Map<number, number[]> {
  const children = new Map<number, number[]>()
  for (const pid of pids) {
    const stat = read(`/proc/${pid}/stat`)
    // The name, in parentheses, may hold anything.
    const parent = Number(stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
    if (Number.isInteger(parent)) children.set(parent, [...(children.get(parent) ?? []), pid])
  }
  return children
}

/** Undefined for one that has just ended. */
function memoryOf(pid: number): Pick<ProcessMemory, 'resident' | 'share'> | undefined {
  const text = read(`/proc/${pid}/smaps_rollup`)
  const bytes = (field: string) =>
    1_024 * Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(text ?? '')?.[1])
  const memory = { resident: bytes('Rss'), share: bytes('Pss') }
  return Number.isNaN(memory.resident) ? undefined : memory
}

function nameOf(pid: number): string {
  const replica = /(?:^|\0)AGENTCTL_REPLICA=([^\0]+)/.exec(read(`/proc/${pid}/environ`) ?? '')?.[1]
  const words = (read(`/proc/${pid}/cmdline`) ?? '').split('\0')
  const program =
    (words[0] ?? '')
      .split('/')
      .at(-1)
      ?.replace(/[:\s].*$/, '') ?? ''
  if (program !== 'node') return program
  return replica ?? words[2] ?? program
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
