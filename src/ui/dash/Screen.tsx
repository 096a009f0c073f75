import { Box, useInput, usePaste } from 'ink'
import { useMemo, useSyncExternalStore } from 'react'
import type { Controller } from './controller.ts'
import { LineView } from './LineView.tsx'
import { screenLines } from './screen/lines.ts'
import { charactersOf, strokesOf } from './state/strokes.ts'

/** Draws the scene of a controller, and tells it what is typed. */
export function Screen({ controller }: { controller: Controller }) {
  const scene = useSyncExternalStore(controller.subscribe, controller.scene)
  useInput((input, key) => controller.press(strokesOf(input, key)))
  usePaste((text) => controller.paste(charactersOf(text)))
  const lines = useMemo(() => screenLines(scene), [scene])
  return (
    <Box flexDirection="column">
      {lines.map((line, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a line of the screen is what stays
        <LineView key={index} parts={line} />
      ))}
    </Box>
  )
}
