import { availableParallelism, cpus } from 'node:os'

/** What the numbers were measured on, without names of hosts or folders. */
export interface Machine {
  cores: number
  cpu: string
  node: string
  redis?: string
}

export function machine(redis?: string): Machine {
  return {
    cores: availableParallelism(),
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    node: process.versions.node,
    ...(redis === undefined ? {} : { redis }),
  }
}

export function machineLine({ cores, cpu, node, redis }: Machine): string {
  const parts = [
    `${cores} cores (${cpu})`,
    `Node ${node}`,
    ...(redis === undefined ? [] : [`Redis ${redis}`]),
  ]
  return `Machine: ${parts.join(', ')}`
}

/** @throws Error when this process may not open `needed` files and sockets at once. */
export function checkOpenFiles(needed: number): void {
  const report = process.report.getReport() as { userLimits?: { open_files?: { soft?: string | number } } }
  const limit = Number(report.userLimits?.open_files?.soft)
  if (limit < needed) {
    throw new Error(
      `${needed} open files are needed and ${limit} allowed: raise it with "ulimit -n ${needed}"`,
    )
  }
}
