import { questions } from './operators.ts'
import { brief } from './place.ts'

/** They join whole conditions. */
export const JOINING = ['$and', '$or', '$nor'] as const

/** They stand below a field. */
const OF_FIELDS = [...Object.keys(questions), '$options', '$not', '$elemMatch', '$all']

export function isJoining(name: string): name is (typeof JOINING)[number] {
  return (JOINING as readonly string[]).includes(name)
}

/** Says what is wrong with an operator where a condition is expected. */
export function aboutCondition(name: string): string {
  return OF_FIELDS.includes(name)
    ? `stands below a field, as in {"amount": {"${name}": …}}`
    : `is an operator that does not exist here${suggestion(name)}`
}

/** Says what is wrong with an operator below a field. */
export function aboutField(name: string): string {
  if (isJoining(name)) return 'joins whole conditions and cannot stand below a field'
  if (name.startsWith('$')) return `is an operator that does not exist here${suggestion(name)}`
  return 'stands beside operators; a name of a field cannot (write it as a path: "data.name")'
}

function suggestion(name: string): string {
  const near = [...JOINING, ...OF_FIELDS]
    .map((known) => ({ known, away: distance(brief(name).toLowerCase(), known.toLowerCase()) }))
    .sort((a, b) => a.away - b.away)[0]
  return near !== undefined && near.away <= (name.length > 5 ? 2 : 1) ? `; did you mean ${near.known}?` : ''
}

/** Levenshtein's: letters to add, drop or replace. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next[j] = Math.min(replaced, (row[j] as number) + 1, (next[j - 1] as number) + 1)
    }
    row = next
  }
  return row[b.length] as number
}
