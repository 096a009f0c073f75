import type { LoadPlan, LoadResult } from '../../runtime/loadtest/index.ts'
import { version } from '../../runtime/version.ts'
import { showProgress } from './show-progress.ts'

/** How a plan is run, whatever becomes of its result. */
export interface MeasureOptions {
  headers: Readonly<Record<string, string>>
  thresholds: readonly string[]
  /** Where a person looks at a terminal that can be drawn on. */
  live: boolean
  /** Aborted by Ctrl-C: what was measured until then is the result. */
  signal: AbortSignal
  /** The person wants no more, in the live view. */
  onStop(): void
  /** For people. */
  say(line: string): void
}

/** Runs a plan and shows how it goes. @throws AgentctlError those of `runLoad` */
export async function measure(
  plan: LoadPlan,
  { headers, thresholds, live, signal, onStop, say }: MeasureOptions,
): Promise<LoadResult> {
  const { runLoad } = await import('../../runtime/loadtest/run.ts')
  const shown = await showProgress({ plan, live, say, onStop })
  try {
    return await runLoad(plan, {
      ...{ headers, signal, version, thresholds },
      onProgress: (progress) => shown.update(progress),
    })
  } finally {
    await shown.close()
  }
}
