import { COMMANDS, type ImageName, LABELS } from '../../docker-proxy/index.ts'
import type { ContainerSpec } from '../../platform/containers/index.ts'
import { type Language, type Limits, limits as limitsSchema } from '../messages.ts'

export const imageOf: Readonly<Record<Language, ImageName>> = {
  python: 'python',
  javascript: 'node',
  typescript: 'node',
}

/**
 * What the runtime of a language needs beside its program: MiB; processes and threads, with those of the runner and of the
 * engine's init. Measured with programs that do nothing: Python 5 MiB, 2 processes; Node.js 11 MiB, with TypeScript 23 MiB,
 * 8 threads. Node.js gets more for the young generation of its heap, and for the threads that only some programs start.
 */
const OVERHEAD: Readonly<Record<ImageName, { memory: number; pids: number }>> = {
  python: { memory: 16, pids: 1 },
  node: { memory: 64, pids: 12 },
}
const MIB = 2 ** 20

/** Milliseconds for a container to start and to be taken away, beyond what its program may take. */
const SLACK = 60_000

export const defaultLimits: Limits = limitsSchema.parse({})
/** Milliseconds of the longest program there may be. */
export const LONGEST_WALL = 60_000

export interface ContainerOptions {
  name: string
  /** Tag of the image. */
  image: string
  owner: string
  /** Id of the evaluation, or `pool`. */
  evaluation: string
  /** Milliseconds since 1970 now. */
  now: number
  /** Milliseconds it may wait for a program. */
  waits: number
}

/** A container for a program with these limits. How long the program runs and how much it prints is not the container's to limit. */
export function containerSpec(runtime: ImageName, limits: Limits, options: ContainerOptions): ContainerSpec {
  const overhead = OVERHEAD[runtime]
  return {
    name: options.name,
    image: options.image,
    command: COMMANDS[runtime],
    env: environment(runtime, limits),
    labels: {
      [LABELS.eval]: options.evaluation,
      [LABELS.owner]: options.owner,
      [LABELS.deadline]: String(options.now + options.waits + limits.wall_ms + SLACK),
    },
    memory: (limits.memory_mb + overhead.memory) * MIB,
    pids: limits.pids + overhead.pids,
    cpuSeconds: cpuSeconds(runtime, limits),
    // The runner for Python is such a process itself.
    init: runtime === 'node',
  }
}

/** Whether a program with these limits may run in a container that was made for the default ones. */
export function fitsDefault(runtime: ImageName, limits: Limits): boolean {
  return (
    limits.memory_mb === defaultLimits.memory_mb &&
    limits.pids === defaultLimits.pids &&
    cpuSeconds(runtime, limits) === cpuSeconds(runtime, defaultLimits)
  )
}

/** The runner for Python counts milliseconds and processes itself; this is for what escapes it. */
function cpuSeconds(runtime: ImageName, { cpu_ms }: Limits): number {
  return runtime === 'python' ? 31 : Math.ceil(cpu_ms / 1_000)
}

function environment(runtime: ImageName, { memory_mb }: Limits): Record<string, string> {
  const common = { HOME: '/tmp', LANG: 'C.UTF-8' }
  if (runtime === 'python') return { ...common, PYTHONDONTWRITEBYTECODE: '1' }
  // The heap may fill the container: it is the container that ends what takes too much.
  const options = [
    `--max-old-space-size=${memory_mb}`,
    '--experimental-transform-types',
    '--disable-warning=ExperimentalWarning',
  ]
  return { ...common, NODE_OPTIONS: options.join(' ') }
}
