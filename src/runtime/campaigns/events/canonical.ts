/** Something in a document that cannot be stored. */
export interface Flaw {
  /** Keys and indexes from the top. */
  path: readonly string[]
  what: string
}

/**
 * The text of a JSON value with its keys in order, the same for equal values; or why it cannot be stored: text that
 * PostgreSQL takes for no text (NUL, half a surrogate pair), numbers that JSON has no word for, too many levels.
 */
export function canonicalJson(value: unknown, depth: number): string | Flaw {
  const path: string[] = []
  let flaw: Flaw | undefined

  function fail(what: string): string {
    flaw ??= { path: [...path], what }
    return ''
  }

  function text(value: string): string {
    return isStorable(value) ? JSON.stringify(value) : fail(NO_TEXT)
  }

  function below(key: string, value: unknown): string {
    path.push(key)
    const written = write(value)
    path.pop()
    return written
  }

  function write(value: unknown): string {
    if (flaw) return ''
    if (typeof value === 'string') return text(value)
    if (typeof value === 'number')
      return Number.isFinite(value) ? JSON.stringify(value) : fail('is no number that JSON can hold')
    if (value === null || typeof value === 'boolean') return String(value)
    if (typeof value !== 'object') return fail(`is no JSON value, but ${typeof value}`)
    if (path.length >= depth) return fail(`is nested deeper than the ${depth} levels that are allowed`)
    if (Array.isArray(value)) return `[${value.map((item, i) => below(String(i), item)).join(',')}]`
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
    return `{${entries.map(([key, item]) => `${text(key)}:${below(key, item)}`).join(',')}}`
  }

  const written = write(value)
  return flaw ?? written
}

export const NO_TEXT = 'may not contain NUL characters or half a surrogate pair'

/** Whether PostgreSQL takes it for text. */
export const isStorable = (text: string) => text.isWellFormed() && !text.includes('\0')
