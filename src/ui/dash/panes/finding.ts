import type { PaneName } from '../../../runtime/dashboard/index.ts'

/** Something that is not well. */
export interface Finding {
  readonly tone: 'bad' | 'warn'
  /** One line, harmless. */
  readonly what: string
  /** Where to see more of it. */
  readonly pane: PaneName
}

/** Findings of one sort that are told one by one: how many more there are is told in one line. */
const EACH = 3

/**
 * Tells of each of a few things, and of how many more there are.
 * @param rest says what so many more of them have in common
 */
export function some<T>(
  all: readonly T[],
  tell: (one: T) => Finding,
  rest: (count: number) => string,
): Finding[] {
  const told = all.length > EACH + 1 ? EACH : all.length
  const shown = all.slice(0, told).map(tell)
  const [first] = shown
  if (!first || told === all.length) return shown
  return [...shown, { ...first, what: rest(all.length - told) }]
}
