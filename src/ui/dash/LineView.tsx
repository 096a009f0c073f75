import { Text } from 'ink'
import { memo } from 'react'
import { colorOf } from '../theme.ts'
import type { Part } from './detail.ts'

interface LineProps {
  readonly parts: readonly Part[]
}

/** One line of the screen; never wraps. Drawn again only when it says or shows something else. */
export const LineView = memo(function LineView({ parts }: LineProps) {
  if (parts.length === 0) return <Text> </Text>
  return (
    <Text wrap="truncate">
      {joined(parts).map(({ text, tone, bold = false, inverse = false }, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: parts have no other name than their place
        <Text key={index} bold={bold} inverse={inverse} {...colorOf(tone)}>
          {text}
        </Text>
      ))}
    </Text>
  )
}, isSame)

function isSame({ parts: a }: LineProps, { parts: b }: LineProps): boolean {
  return a === b || (a.length === b.length && a.every((part, at) => isSamePart(part, b[at])))
}

function isSamePart(a: Part, b: Part | undefined): boolean {
  return a.text === b?.text && a.tone === b.tone && a.bold === b.bold && a.inverse === b.inverse
}

/** Neighbours that look the same as one, and blanks with what is before them: each part costs as much as a line. */
function joined(parts: readonly Part[]): Part[] {
  const shown: Part[] = []
  for (const part of parts) {
    const last = shown.at(-1)
    const isBlank = !part.inverse && part.text.trim() === ''
    if (last && !last.inverse && (isBlank || isAlike(last, part)))
      shown[shown.length - 1] = { ...last, text: last.text + part.text }
    else shown.push(part)
  }
  return shown
}

function isAlike(a: Part, b: Part): boolean {
  return a.tone === b.tone && Boolean(a.bold) === Boolean(b.bold) && Boolean(a.inverse) === Boolean(b.inverse)
}
