/** A part of a document that is kept together: blocks follow each other without gaps and make up the whole text. */
export interface Block {
  kind: 'heading' | 'code' | 'text'
  start: number
  end: number
  /** Titles of the headings that it is below, outermost first; of a heading, those above it. */
  headings: readonly string[]
}

/** Characters of white space that still belong to what is before them. */
const LONGEST_GAP = 10

const HEADING = /^ {0,3}(#{1,6})[ \t](.*)$/
const FENCE = /^ {0,3}(`{3,}|~{3,})/

/** Takes a text apart into headings, code blocks and paragraphs; those with more characters than `most` are cut. */
export function blocksOf(text: string, most: { text: number; code: number }): Block[] {
  const blocks: Block[] = []
  const headings: { level: number; title: string }[] = []
  const above = () => headings.map(({ title }) => title)
  let open: { kind: 'code' | 'text'; start: number; fence?: string } | undefined

  const close = (end: number) => {
    if (open && end > open.start) append({ kind: open.kind, start: open.start, end, headings: above() })
    open = undefined
  }
  const append = (block: Block) => {
    const last = blocks.at(-1)
    const isEmpty = block.end - block.start <= LONGEST_GAP && text.slice(block.start, block.end).trim() === ''
    if (last && isEmpty) last.end = block.end
    else blocks.push(...cut(text, block, most))
  }

  for (const { start, end, line } of linesOf(text)) {
    const fence = FENCE.exec(line)?.[1]
    if (open?.fence !== undefined) {
      if (isClosing(line, open.fence)) close(end)
      continue
    }
    const heading = HEADING.exec(line)
    if (fence !== undefined) {
      close(start)
      open = { kind: 'code', start, fence }
    } else if (heading) {
      close(start)
      const level = heading[1]?.length ?? 1
      while ((headings.at(-1)?.level ?? 0) >= level) headings.pop()
      append({ kind: 'heading', start, end, headings: above() })
      headings.push({ level, title: titleOf(heading[2] ?? '') })
    } else {
      open ??= { kind: 'text', start }
      if (line.trim() === '') close(end)
    }
  }
  close(text.length)
  return blocks
}

/** Without the marks that may close it. An expression for this would try every way of sharing out a run of blanks. */
function titleOf(text: string): string {
  const marks = endBefore(text, text.length, ' \t')
  return text.slice(0, endBefore(text, endBefore(text, marks, '#'), ' \t')).replace(/^[ \t]+/, '')
}

function endBefore(text: string, end: number, characters: string): number {
  let at = end
  while (at > 0 && characters.includes(text.charAt(at - 1))) at--
  return at
}

function isClosing(line: string, fence: string): boolean {
  const found = FENCE.exec(line)?.[1]
  return found?.[0] === fence[0] && (found?.length ?? 0) >= fence.length && line.trim() === found
}

function* linesOf(text: string): Generator<{ start: number; end: number; line: string }> {
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf('\n', start)
    const end = newline < 0 ? text.length : newline + 1
    // The marks of a heading or fence are at the beginning of a line, and its end does not matter beyond some length.
    yield { start, end, line: text.slice(start, Math.min(end, start + 1_000)).replace(/\r?\n$/, '') }
    start = end
  }
}

/** Where to cut, best first. Code is cut at lines only, or anywhere. */
const PLACES = {
  text: [
    /\n(?=[^\n]*$)/,
    /[.!?…。！？]["'”’)\]]*\s+(?=[^.!?…。！？]*$)|[。！？](?=[^。！？]*$)/,
    /\s+(?=\S*$)/,
  ],
  code: [/\n(?=[^\n]*$)/],
} as const

function* cut(text: string, block: Block, most: { text: number; code: number }): Generator<Block> {
  const kind = block.kind === 'code' ? 'code' : 'text'
  let { start } = block
  while (block.end - start > most[kind]) {
    const end = start + cutAt(text.slice(start, start + most[kind]), PLACES[kind])
    yield { ...block, start, end }
    start = end
  }
  yield { ...block, start }
}

/** In the second half of the part, so that no piece gets too short. */
function cutAt(part: string, places: readonly RegExp[]): number {
  const half = part.length >> 1
  const rest = part.slice(half)
  for (const place of places) {
    const found = place.exec(rest)
    if (found) return half + found.index + found[0].length
  }
  return /[\ud800-\udbff]$/.test(part) ? part.length - 1 : part.length
}
