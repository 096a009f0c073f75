/** A Redis stream entry id, `MILLISECONDS-SEQUENCE`, as its two numbers. */
export type EntryId = readonly [ms: number, seq: number]

/** Undefined when the text is not a complete entry id. */
export function parseEntryId(text: string): EntryId | undefined {
  const match = /^(\d{1,15})-(\d{1,15})$/.exec(text)
  return match ? [Number(match[1]), Number(match[2])] : undefined
}

/** Negative when `a` comes before `b` in a stream. Both must be complete entry ids. */
export function compareEntryIds(a: string, b: string): number {
  // By hand: this runs for every reader and every wake-up.
  const [dashA, dashB] = [a.indexOf('-'), b.indexOf('-')]
  const ms = Number(a.slice(0, dashA)) - Number(b.slice(0, dashB))
  return ms !== 0 ? ms : Number(a.slice(dashA + 1)) - Number(b.slice(dashB + 1))
}

/** Before every entry a stream can hold. */
export const BEGINNING = '0-0'
