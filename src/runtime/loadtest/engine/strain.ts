import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { ThreadReport } from './protocol.ts'

/** Milliseconds between two looks at the event loop. */
const RESOLUTION = 10
/** Samples and milliseconds of measuring below which nothing is said. */
const FEWEST = 200
const SHORTEST = 2_000

/** Watches how hard this thread works, from when measuring begins. */
export function watchStrain(measureFrom: number): { report(): Pick<ThreadReport, 'eventLoop' | 'cpu'> } {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION })
  let usage = process.threadCpuUsage()
  let since = performance.now()
  const timer = setTimeout(
    () => {
      usage = process.threadCpuUsage()
      since = performance.now()
      delay.enable()
    },
    Math.max(0, measureFrom - since),
  )
  return {
    report() {
      clearTimeout(timer)
      delay.disable()
      const took = performance.now() - since
      const { user, system } = process.threadCpuUsage(usage)
      return {
        eventLoop: delay.count < FEWEST ? null : Math.max(0, delay.percentile(99) / 1e6 - RESOLUTION),
        cpu: took < SHORTEST ? null : (user + system) / 1_000 / took,
      }
    },
  }
}
