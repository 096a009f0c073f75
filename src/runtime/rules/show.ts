import type { Steps } from './steps.ts'

const CHARACTERS = 200
const ITEMS = 10
const LEVELS = 3

/** Room that a part of an explanation takes beside its values. */
const OVERHEAD = 50

/**
 * A value of unknown size as an explanation shows it: long texts, lists and objects are cut, with a note of it. Takes
 * of the room there is; where there is none left, nothing of the value is shown.
 */
export function show(value: unknown, steps: Steps): unknown {
  if (steps.room <= 0) return '…'
  steps.room -= OVERHEAD
  return cut(value, 0, steps)
}

function cut(value: unknown, level: number, steps: Steps): unknown {
  if (typeof value === 'string') return cutText(value, steps)
  steps.room -= 1
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) {
    if (level === LEVELS) return `[…] (${value.length} elements)`
    const shown = value.slice(0, ITEMS).map((item) => cut(item, level + 1, steps))
    return value.length > ITEMS ? [...shown, `… (${value.length} elements)`] : shown
  }
  return level === LEVELS ? '{…}' : cutObject(value, level, steps)
}

function cutText(text: string, steps: Steps): string {
  steps.room -= Math.min(text.length, CHARACTERS)
  return text.length > CHARACTERS ? `${text.slice(0, CHARACTERS)}… (${text.length} characters)` : text
}

function cutObject(value: object, level: number, steps: Steps): unknown {
  const names = Object.keys(value)
  steps.room -= names.length // all of them are looked at, though few are shown
  const shown = names
    .slice(0, ITEMS)
    .map((name) => [cutText(name, steps), cut(value[name as keyof typeof value], level + 1, steps)])
  return Object.fromEntries(names.length > ITEMS ? [...shown, ['…', 'and more fields']] : shown)
}
