import { type Block, blocksOf } from './blocks.ts'

/** To be raised with every change of what `chunksOf` gives: documents are then stored anew when they are added again. */
export const CHUNKER_VERSION = 1

export interface ChunkLimits {
  /** Characters that a passage is filled up to. */
  size: number
  /** Characters that it may have where a code block is kept whole; more than `size`. */
  most: number
  /** Characters of the passage before that a passage of the same section begins with, at most. */
  overlap: number
}

export interface Passage {
  /** What is stored: the headings above, one line, then the text. */
  text: string
  /** Where the text is in the document: UTF-16 positions, `end` excluded. */
  start: number
  end: number
}

export const DEFAULT_LIMITS: ChunkLimits = { size: 900, most: 1_300, overlap: 120 }

/** Below this share of `size` a section does not get a passage of its own, but shares that of the next one. */
const SMALL = 0.3
/** Characters of the line of headings. */
const MOST_HEADINGS = 200

/**
 * Cuts a text into passages along Markdown headings, paragraphs, lines, sentences and words. Every character but white space
 * is in at least one passage; no surrogate pair is cut. `start`–`end` of a passage has at most `most + overlap` characters.
 */
export function chunksOf(text: string, limits: ChunkLimits = DEFAULT_LIMITS): Passage[] {
  const { size, most, overlap } = limits
  // Room is left in front of a code block for the heading above it.
  const groups = pack(blocksOf(text, { text: size, code: Math.max(size, most - MOST_HEADINGS) }), limits)
  return groups.flatMap((group, i) => {
    const [first] = group
    const start = overlapStart(text, first, groups[i - 1], overlap)
    const end = (group.at(-1) ?? first).end
    const body = text.slice(start, end).replace(/^(?:[^\S\n]*\n)+|\s+$/g, '')
    return body.trim() === '' ? [] : [{ text: withHeadings(first, body), start, end }]
  })
}

/** The blocks of one passage. */
type Group = [Block, ...Block[]]

/** Fills passages with blocks, in order. A heading stays with what follows it. */
function pack(blocks: readonly Block[], { size, most }: ChunkLimits): Group[] {
  const groups: Group[] = []
  for (const block of blocks) {
    const current = groups.at(-1)
    if (current && joins(current, block, size, most)) current.push(block)
    else groups.push([...(current ? takeHeadings(current) : []), block] as unknown as Group)
  }
  return groups
}

function joins(group: Group, block: Block, size: number, most: number): boolean {
  const start = group[0].start
  if (group.every(({ kind }) => kind === 'heading')) return block.end - start <= most
  if (block.kind === 'heading' && block.start - start >= size * SMALL) return false
  return block.end - start <= size
}

/** Takes the headings off the end of a passage that has more than these. */
function takeHeadings(group: Group): Block[] {
  const last = group.findLastIndex(({ kind }) => kind !== 'heading')
  return last < 0 ? [] : group.splice(last + 1)
}

/** Where a passage begins that continues a section: some words earlier. */
function overlapStart(text: string, first: Block, before: Group | undefined, overlap: number): number {
  if (!before || first.kind === 'heading' || overlap === 0) return first.start
  const section = before.findLast(({ kind }) => kind === 'heading')?.end ?? before[0].start
  const from = Math.max(section, first.start - overlap)
  const part = text.slice(from, first.start)
  // After the end of a sentence or line; failing that, after white space; failing that, not at all.
  const sentence = /(?:[.!?…。！？]\s+|\n)(?=\S)/.exec(part)
  const place = sentence ?? /\s+(?=\S)/.exec(part)
  return place ? from + place.index + place[0].length : first.start
}

function withHeadings({ headings }: Block, body: string): string {
  if (headings.length === 0) return body
  const line = headings.join(' › ')
  const cut = line.length > MOST_HEADINGS ? `…${lastCharacters(line, MOST_HEADINGS)}` : line
  return `${cut}\n${body}`
}

/** The innermost headings say most. */
function lastCharacters(text: string, count: number): string {
  const end = text.slice(-count)
  return /^[\udc00-\udfff]/.test(end) ? end.slice(1) : end
}
