import type { LoadPlan, Progress } from '../../runtime/loadtest/index.ts'
import { progressLine } from './progress-line.ts'

/** Shows how a run goes, on stderr. */
export interface ShownProgress {
  update(progress: Progress): void
  /** Leaves the terminal as it was. */
  close(): void | Promise<void>
}

export interface ShowOptions {
  plan: LoadPlan
  /** Where a person looks at a terminal that can be drawn on. */
  live: boolean
  say(line: string): void
  /** The person wants no more. */
  onStop(): void
  now?(): number
}

/** Milliseconds between two lines. */
const PAUSE = 2_000

export async function showProgress(options: ShowOptions): Promise<ShownProgress> {
  if (!options.live) return showLines(options)
  const { boundsOf } = await import('../../runtime/loadtest/index.ts')
  const { openLoadView } = await import('../../ui/loadtest/open-load-view.tsx')
  return openLoadView({ plan: options.plan, boundsOf, onStop: options.onStop })
}

/** A line now and then, for logs. */
export function showLines({ say, now = Date.now }: Pick<ShowOptions, 'say' | 'now'>): ShownProgress {
  let shownAt = now()
  return {
    update(progress) {
      if (now() - shownAt < PAUSE) return
      shownAt = now()
      say(progressLine(progress))
    },
    close() {},
  }
}
