const CHARACTERS = 200
const ITEMS = 10
const LEVELS = 3

/** A value of unknown size as an explanation shows it: long texts, lists and objects are cut, with a note of it. */
export function cut(value: unknown, level = 0): unknown {
  if (typeof value === 'string') {
    return value.length > CHARACTERS ? `${value.slice(0, CHARACTERS)}… (${value.length} characters)` : value
  }
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) {
    if (level === LEVELS) return `[…] (${value.length} elements)`
    const shown = value.slice(0, ITEMS).map((item) => cut(item, level + 1))
    return value.length > ITEMS ? [...shown, `… (${value.length} elements)`] : shown
  }
  if (level === LEVELS) return '{…}'
  return cutObject(value, level)
}

function cutObject(value: object, level: number): unknown {
  const entries: [string, unknown][] = []
  for (const name in value) {
    if (!Object.hasOwn(value, name)) continue
    if (entries.length === ITEMS) {
      entries.push(['…', 'and more fields'])
      break
    }
    entries.push([name, cut(value[name as keyof typeof value], level + 1)])
  }
  return Object.fromEntries(entries)
}
