import type { AgentctlError } from '../kernel/index.ts'
import { rulesError } from './errors.ts'
import type { RuleLimits } from './matcher.ts'
import type { Steps } from './steps.ts'

/** Where the compiler stands in a condition, and what it may still take in. */
export interface Place {
  /** Such as `$and[1].amount.$gt`; empty for the whole. */
  readonly at: string
  readonly limits: RuleLimits
  /** Of the evaluations to come. */
  readonly steps: Steps
  key(name: string): Place
  item(index: number): Place
  /** The same place one level further down. @throws AgentctlError RULE_TOO_LARGE */
  deeper(): Place
  /** Notes conditions or values. @throws AgentctlError RULE_TOO_LARGE */
  count(things: number): void
  /** Refuses a list before anything is done with it. @throws AgentctlError RULE_TOO_LARGE */
  expect(things: number): void
  /** RULE_INVALID of the text, which is preceded by the place. */
  invalid(text: string): AgentctlError
}

/** Characters of a place, or of a name, that an error shows. */
const SHOWN = 120

export function placeOf(limits: RuleLimits, steps: Steps): Place {
  let size = 0

  function expect(things: number, at: string): void {
    if (size + things <= limits.size) return
    const text = `The rule has more than ${limits.size} conditions and values, counted up to ${named(at)}`
    throw rulesError('RULE_TOO_LARGE', text, fieldOf(at))
  }

  function placeAt(at: string, depth: number): Place {
    return {
      at,
      limits,
      steps,
      key: (name) => placeAt(at === '' ? name : `${at}.${name}`, depth),
      item: (index) => placeAt(`${at}[${index}]`, depth),
      deeper() {
        if (depth < limits.depth) return placeAt(at, depth + 1)
        const text = `The rule has more than ${limits.depth} levels, counted down to ${named(at)}`
        throw rulesError('RULE_TOO_LARGE', text, fieldOf(at))
      },
      count(things) {
        expect(things, at)
        size += things
      },
      expect: (things) => expect(things, at),
      invalid: (text) => rulesError('RULE_INVALID', `${named(at)} ${text}`, fieldOf(at)),
    }
  }

  return placeAt('', 0)
}

function named(at: string): string {
  return at === '' ? 'The condition' : brief(at)
}

function fieldOf(at: string): { field?: string } {
  return at === '' ? {} : { field: brief(at) }
}

/** Text of unknown length, for a message. */
export function brief(text: string): string {
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text
}
