import { campaignsError } from '../../../runtime/campaigns/errors.ts'
import type { CsvRecord } from './csv-records.ts'
import { type FieldMap, flawOfName, isObject, put, type Target, targetOf } from './field-map.ts'

/** Where the cells of a record go, by the head of the file. */
export interface CsvPlan {
  targets: readonly Target[]
  asText: boolean
}

/** @throws AgentctlError CAMPAIGN_FILE_INVALID when the head is no head, or lacks a column of the map */
export function planOf({ cells, problem }: CsvRecord, map: FieldMap, asText: boolean): CsvPlan {
  if (problem !== undefined) throw invalid(`its head ${problem}`)
  const names = cells.map((name) => name.trim())
  const empty = names.indexOf('')
  if (empty !== -1) throw invalid(`column ${empty + 1} has no name`)
  const twice = names.find((name, i) => names.indexOf(name) !== i)
  if (twice !== undefined) throw invalid(`the column "${twice}" is there twice`)
  const missing = [...map.keys()].find((source) => !names.includes(source))
  if (missing !== undefined) throw invalid(`it has no column "${missing}", but ${names.join(', ')}`)
  for (const name of names) {
    const flaw = map.has(name) ? undefined : flawOfName(name)
    if (flaw !== undefined)
      throw invalid(
        `the column "${name}" ${flaw}`,
        `Name it otherwise, or say where it goes: --map "data.NAME=${name}".`,
      )
  }
  const mapped = new Set([...map.values()].map((target) => target.join('.')))
  const targets = names.map((name) => map.get(name) ?? targetOf(name, mapped))
  checkApart(targets)
  return { targets, asText }
}

/** Two columns may not go to one place, nor one to within another. */
function checkApart(targets: readonly Target[]): void {
  const event = {}
  for (const target of targets) {
    const isWhole = target.length === 1 && target[0] === 'data'
    if (!isWhole && !put(event, target, ''))
      throw invalid(`two of its columns go to ${target.join('.')}, or one to within another`)
  }
}

/**
 * The event of a record. Empty cells are left out; amounts stay texts, so that no digit is lost.
 * @returns the event, or what is wrong with the record
 */
export function eventOfCells(
  cells: readonly string[],
  { targets, asText }: CsvPlan,
): Record<string, unknown> | string {
  const event: Record<string, unknown> = {}
  const whole = cells[targets.findIndex((target) => target.length === 1 && target[0] === 'data')]
  if (whole !== undefined && whole !== '') {
    const data = objectOf(whole)
    if (data === undefined) return 'has something else than a JSON object in its column data'
    event.data = data
  }
  for (const [i, target] of targets.entries()) {
    const cell = cells[i] ?? ''
    if (cell === '' || (target.length === 1 && target[0] === 'data')) continue
    const value = target.length === 1 || asText ? cell : typed(cell)
    if (!put(event, target, value)) return `has two values for ${target.join('.')}`
  }
  return event
}

/** Numbers that a double holds as they are written; 007 and the like are no numbers. */
const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?$/
const DIGITS = 15

function typed(cell: string): string | number | boolean {
  if (cell === 'true' || cell === 'false') return cell === 'true'
  return NUMBER.test(cell) && cell.replace(/\D/g, '').length <= DIGITS ? Number(cell) : cell
}

function objectOf(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

function invalid(detail: string, fix?: string) {
  return campaignsError('CAMPAIGN_FILE_INVALID', detail, {
    field: 'file',
    ...(fix === undefined ? {} : { fix }),
  })
}
