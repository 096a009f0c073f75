import { ageOf } from '../../format/duration.ts'
import { compact, decimal, NONE } from '../../format/number.ts'
import { plain } from '../../format/plain.ts'
import type { Column, Tone } from '../pane.ts'

/** How a column differs from the others of its sort. */
type Shape<Row> = Partial<Pick<Column<Row>, 'min' | 'max' | 'isName'>> & {
  drop?: number
  tone?: (row: Row) => Tone | undefined
}

/** Text from data, made harmless. */
export function textColumn<Row>(
  id: string,
  title: string,
  value: (row: Row) => string | null,
  { drop = 0, min = 8, max, isName = false, tone }: Shape<Row> = {},
): Column<Row> {
  return {
    id,
    title,
    align: 'left',
    isName,
    min,
    ...(max === undefined ? {} : { max }),
    drop,
    cell: (row) => toned(plain(value(row) ?? NONE), tone?.(row)),
    sortBy: value,
  }
}

/** A number, by default in a short form. Null is a dash, or what `unknown` says. */
export function numberColumn<Row>(
  id: string,
  title: string,
  value: (row: Row) => number | null,
  shape: Shape<Row> & { format?: (value: number) => string; unknown?: string } = {},
): Column<Row> {
  const { drop = 0, min = Math.max(6, title.length), format = compact, unknown = NONE, tone } = shape
  return {
    id,
    title,
    align: 'right',
    min,
    max: shape.max ?? Math.max(min, 8),
    drop,
    cell(row) {
      const known = value(row)
      if (known === null) return { text: unknown, tone: 'dim' }
      return toned(format(known), tone?.(row) ?? (known === 0 ? 'dim' : undefined))
    },
    sortBy: value,
  }
}

/** Events per second. */
export function rateColumn<Row>(
  id: string,
  title: string,
  value: (row: Row) => number | null,
  drop = 0,
): Column<Row> {
  return numberColumn(id, title, value, { format: decimal, drop })
}

/** Numbers of the past as a line. */
export function sparkColumn<Row>(
  id: string,
  title: string,
  values: (row: Row) => readonly (number | null)[],
  drop: number,
  tone?: (row: Row) => Tone | undefined,
): Column<Row> {
  return {
    id,
    title,
    align: 'left',
    min: 10,
    max: 30,
    isLast: true,
    drop,
    cell: (row) => ({ text: '', spark: values(row), tone: tone?.(row) ?? 'accent' }),
  }
}

/** How long ago something was, as seen from the newest sample; sorted by when it was. */
export function agoColumn<Row>(
  id: string,
  title: string,
  time: (row: Row) => string | null,
  now: (row: Row) => number,
  drop = 0,
): Column<Row> {
  return {
    id,
    title,
    align: 'right',
    min: 6,
    max: 8,
    drop,
    cell: (row) => toned(ageOf(time(row), now(row)), undefined),
    sortBy(row) {
      const at = Date.parse(time(row) ?? '')
      return Number.isNaN(at) ? null : at
    },
  }
}

function toned(text: string, tone: Tone | undefined) {
  return tone === undefined ? { text } : { text, tone }
}
