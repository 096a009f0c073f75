/** Milliseconds of processor time this process has used so far. */
export function cpuUsed(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000
}

/** Bytes a process holds. */
export interface Memory {
  /** Resident: what the machine is short of, including what V8 keeps in reserve for young objects. */
  resident: number
  /** Objects and buffers that are in use. */
  used: number
}

/** Measures once the garbage is gone. Needs `--expose-gc`. */
export async function memoryHeld(): Promise<Memory> {
  for (let i = 0; i < 3; i++) {
    globalThis.gc?.()
    await new Promise((resolve) => setTimeout(resolve, 20)) // finalizers free native memory later
  }
  const { rss, heapUsed, external } = process.memoryUsage()
  return { resident: rss, used: heapUsed + external }
}
