import { Box, useInput, useStdin, useWindowSize } from 'ink'
import { useSyncExternalStore } from 'react'
import type { LoadPlan } from '../../runtime/loadtest/index.ts'
import { LineView } from '../dash/LineView.tsx'
import type { BoundsOf } from './chart.ts'
import type { Live } from './live.ts'
import { loadLines } from './load-lines.ts'

interface LoadViewProps {
  readonly plan: LoadPlan
  readonly live: Live
  readonly boundsOf: BoundsOf
  readonly onInterrupt: () => void
}

/** How a run is going, drawn where the cursor is: what was on the screen before stays there. */
export function LoadView({ plan, live, boundsOf, onInterrupt }: LoadViewProps) {
  const { progress, stopping, ended } = useSyncExternalStore(live.subscribe, live.get)
  const { columns, rows } = useWindowSize()
  const { isRawModeSupported } = useStdin()
  useInput(
    (input, key) => {
      if (key.ctrl && input === 'c') onInterrupt()
    },
    { isActive: isRawModeSupported },
  )
  if (ended) return null
  // A view as tall as the terminal would scroll with each frame.
  const lines = loadLines({ plan, progress, boundsOf, stopping }, columns - 1, Math.max(1, rows - 2))
  return (
    <Box flexDirection="column">
      {lines.map((line, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a line of the screen is what stays
        <LineView key={index} parts={line} />
      ))}
    </Box>
  )
}
