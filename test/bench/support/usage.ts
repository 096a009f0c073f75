/** Milliseconds of processor time this process has used so far. */
export function cpuUsed(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000
}

/**
 * Resident memory in bytes once the garbage is gone, so that it shows what is held and not what is due.
 * Needs `--expose-gc`.
 */
export async function memoryHeld(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    globalThis.gc?.()
    await new Promise((resolve) => setTimeout(resolve, 20)) // finalizers free native memory later
  }
  return process.memoryUsage.rss()
}
