import { toProblem } from '../../kernel/index.ts'
import { sseFrame } from '../../platform/http/index.ts'
import type { GenerateAnswer, StreamFrame } from '../messages.ts'

/** The last frame of every stream that has not failed. */
const END = sseFrame('[DONE]')

export function deltaFrame(delta: string): string {
  return frame({ delta })
}

/** Everything but the text, which has gone before, and the end. */
export function doneFrames({ text: _, ...done }: GenerateAnswer): string {
  return frame({ done }) + END
}

export function errorFrame(error: unknown): string {
  return sseFrame(JSON.stringify(toProblem(error)), { event: 'error' })
}

function frame(content: StreamFrame): string {
  return sseFrame(JSON.stringify(content))
}

/** Pieces of a whole answer, so that one from the cache comes as a stream too. */
const MOST_PIECES = 200
const LEAST_PIECE = 12

/** Cuts a text into pieces at the ends of words; joined they are the text again. */
export function* piecesOf(text: string): Generator<string> {
  const size = Math.max(LEAST_PIECE, Math.ceil(text.length / MOST_PIECES))
  for (let start = 0; start < text.length; ) {
    const end = cutAfter(text, start + size)
    yield text.slice(start, end)
    start = end
  }
}

/** The end of the word at `at`, if it is near; never within a surrogate pair. */
function cutAfter(text: string, at: number): number {
  const space = text.indexOf(' ', at)
  const end = space >= 0 && space - at < LEAST_PIECE ? space + 1 : at
  const isLowHalf = /^[\udc00-\udfff]$/.test(text.charAt(end))
  return Math.min(text.length, isLowHalf ? end + 1 : end)
}
