import type { ReplicaState } from '../runtime/supervisor/index.ts'
import type { Tone } from './dash/pane.ts'

/** Colours of 16, which every terminal has and its user may have chosen. */
export const TONE_COLORS = {
  good: 'green',
  warn: 'yellow',
  bad: 'red',
  dim: 'gray',
  accent: 'cyan',
} as const satisfies Readonly<Record<Tone, string>>

/** As properties of Ink's Text; none where there is no tone, or no colours are wanted (https://no-color.org). */
export function colorOf(tone: Tone | undefined): { color?: string } {
  return tone === undefined || process.env.NO_COLOR ? {} : { color: TONE_COLORS[tone] }
}

export const STATE_COLORS: Readonly<Record<ReplicaState, string>> = {
  starting: 'yellow',
  ready: 'green',
  unhealthy: 'red',
  backoff: 'yellow',
  crashloop: 'red',
  stopping: 'yellow',
  stopped: 'gray',
  failed: 'red',
}
