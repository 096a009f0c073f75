import pg from 'pg'

const { types } = pg
const { INT8, TIMESTAMP, TIMESTAMPTZ } = types.builtins

/** Infinite ones stay text. */
function toIso(text: string): string {
  const date = types.getTypeParser(TIMESTAMPTZ)(text) as unknown
  return date instanceof Date && !Number.isNaN(date.getTime()) ? date.toISOString() : text
}

const toInteger = (text: string) => {
  const number = Number(text)
  return Number.isSafeInteger(number) ? number : text
}

/**
 * How values come back: timestamps as ISO 8601 in UTC (one without a zone is taken for UTC), BIGINT as a number as long as
 * that is exact, else as text, NUMERIC as text, which keeps every digit; all others as the driver has them.
 */
export const valueTypes: pg.CustomTypesConfig = {
  getTypeParser(oid: number, format?: string) {
    if (format !== 'binary') {
      if (oid === TIMESTAMPTZ) return toIso
      if (oid === TIMESTAMP) return (text: string) => toIso(`${text}+00`)
      if (oid === INT8) return toInteger
    }
    return types.getTypeParser(oid, format as 'text')
  },
}
