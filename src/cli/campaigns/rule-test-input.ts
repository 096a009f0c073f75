import { type NewEvent, type NewRule, newEvent } from '../../runtime/campaigns/messages.ts'
import { isObject } from './import/field-map.ts'
import { invalid, nameOf, parseJson, readText } from './json-file.ts'
import { issueText, rulesOf } from './rule-input.ts'

/** What is to be tried: rules, and events to try them on. */
export interface RuleTestInput {
  rules: NewRule[]
  events: NewEvent[]
  /** Of the campaign; amounts are rounded to its digits. */
  currency: string
}

const CURRENCY = 'USD'

/**
 * What a file says is to be tried: a rule, a list of rules or a campaign with `rules`, perhaps with `events`.
 * @throws AgentctlError CAMPAIGN_FILE_INVALID
 */
export async function testInputOf(file: string): Promise<RuleTestInput> {
  const name = nameOf(file)
  const value = parseJson(await readText(file), name)
  const { events, ...subject } = isObject(value) ? value : { events: undefined }
  const rules = rulesOf(isObject(value) ? subject : value, name)
  const currency =
    isObject(value) && typeof value.currency === 'string' && /^[A-Z]{3}$/.test(value.currency)
      ? value.currency
      : CURRENCY
  return { rules, events: events === undefined ? [] : eventsOf(events, name, 'events'), currency }
}

/**
 * Events of `--event`: JSON as it is, else a file with one event, a list of events, or an event a line.
 * @param given JSON when it begins with a bracket; `-` for stdin
 * @throws AgentctlError CAMPAIGN_FILE_INVALID
 */
export async function eventsOfFlag(given: string): Promise<NewEvent[]> {
  if (/^\s*[{[]/.test(given)) return eventsOf(parseJson(given, '--event'), '--event', '')
  const name = nameOf(given)
  const text = await readText(given)
  try {
    return eventsOf(JSON.parse(text), name, '')
  } catch (error) {
    const lines = text.split('\n').filter((line) => line.trim() !== '')
    if (!(error instanceof SyntaxError) || lines.length < 2) return eventsOf(parseJson(text, name), name, '')
    return lines.flatMap((line, i) => eventsOf(parseJson(line, `${name} line ${i + 1}`), name, `[${i}]`))
  }
}

function eventsOf(value: unknown, name: string, at: string): NewEvent[] {
  const given = Array.isArray(value)
    ? value
    : isObject(value) && Array.isArray(value.events)
      ? value.events
      : [value]
  if (given.length === 0) throw invalid(name, `${at === '' ? 'it' : at} holds no events`)
  return given.map((one, i) => {
    const parsed = newEvent.safeParse(one)
    if (parsed.success) return parsed.data
    throw invalid(name, issueText(parsed.error, Array.isArray(value) ? `${at}[${i}]` : at))
  })
}
