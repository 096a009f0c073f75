import { createRequire } from 'node:module'
import type { RE2JS } from 're2js'
import { messageOf } from '../kernel/index.ts'
import type { Test } from './equality.ts'
import { brief, type Place } from './place.ts'
import { classWork, programSize } from './program-size.ts'
import { type Steps, take } from './steps.ts'
import { kindOf } from './values.ts'

/** Instructions a pattern may compile to. They are what a character costs at worst. */
const MOST_INSTRUCTIONS = 1_000

/** Instructions of a pattern that count as much as one condition. */
const INSTRUCTIONS_A_CONDITION = 10

/**
 * Characters times instructions that are one step. Where every character leads to a state that was never seen,
 * one of these takes 50 to 150 ns: all steps of a rule are then some seconds. Usually it takes a thousandth of that.
 */
const WORK_A_STEP = 100

/** Bytes of remembered states that the patterns of a rule may keep between texts. */
const KEPT = 1024 * 1024

/** By option, the name of the engine's flag. */
const FLAGS: Readonly<Record<string, 'CASE_INSENSITIVE' | 'MULTILINE' | 'DOTALL'>> = {
  i: 'CASE_INSENSITIVE',
  m: 'MULTILINE',
  s: 'DOTALL',
}

const load = createRequire(import.meta.url)

/** Read when the first pattern needs it: most rules have none, and this room's door is to be opened quickly. */
function engine(): typeof RE2JS {
  return (load('re2js') as typeof import('re2js')).RE2JS
}

/**
 * A test for texts that have the pattern somewhere, in time that is linear in the text (the syntax is RE2's).
 *
 * @throws AgentctlError RULE_INVALID, RULE_TOO_LARGE
 */
export function compilePattern(pattern: unknown, options: unknown, place: Place): Test {
  if (typeof pattern !== 'string') {
    throw place.invalid(`takes the text of a pattern, such as "^SPRING-", not ${kindOf(pattern)}`)
  }
  if (pattern.length > place.limits.pattern) {
    throw place.invalid(`is ${pattern.length} characters long; a pattern has at most ${place.limits.pattern}`)
  }
  place.count(1)
  const letters = optionsOf(options, place)
  return (letters === '' && plainTest(pattern, place.steps)) || engineTest(pattern, letters, place)
}

function optionsOf(options: unknown, place: Place): string {
  if (options === undefined) return ''
  if (typeof options !== 'string') {
    throw place.invalid(`has $options that are ${kindOf(options)}; they are a text of the letters i, m and s`)
  }
  const unknown = [...options].find((letter) => !Object.hasOwn(FLAGS, letter))
  if (unknown !== undefined) throw place.invalid(`has the option "${unknown}"; there are i, m and s`)
  return options
}

/** The engine takes some 100 ns for the shortest text; most patterns of rules are only a prefix or a part. */
const PLAIN = /^(\^?)((?:[^\\^$.|?*+()[\]{}]|\\[-\\^$.|?*+()[\]{}/])*)(\$?)$/s

function plainTest(pattern: string, steps: Steps): Test | undefined {
  const found = PLAIN.exec(pattern)
  if (found === null || !pattern.isWellFormed()) return undefined // the engine matches whole code points
  const start = found[1] !== ''
  const end = found[3] !== ''
  const text = (found[2] as string).replaceAll(/\\(.)/gs, '$1')
  if (start && end) return (value) => value === text
  if (start) return (value) => typeof value === 'string' && value.startsWith(text)
  if (end) return (value) => typeof value === 'string' && value.endsWith(text)
  return (value) => {
    if (typeof value !== 'string') return false
    take(steps, Math.floor(value.length / WORK_A_STEP))
    return value.includes(text)
  }
}

function engineTest(pattern: string, letters: string, place: Place): Test {
  const size = programSize(pattern)
  checkProgram(size, place)
  place.count(Math.ceil((size + classWork(pattern, letters.includes('i'))) / INSTRUCTIONS_A_CONDITION))
  const regex = compile(pattern, letters, place)
  const instructions = regex.re2().numberOfInstructions() as number
  checkProgram(instructions, place)
  const { steps } = place
  return (value) => typeof value === 'string' && search(regex, instructions, value, steps)
}

function search(regex: RE2JS, instructions: number, text: string, steps: Steps): boolean {
  take(steps, 1 + Math.floor((text.length * instructions) / WORK_A_STEP))
  const before = rememberedBy(regex)
  const found = regex.test(text)
  steps.remembered += rememberedBy(regex) - before
  if (steps.remembered <= KEPT) return found
  steps.remembered -= rememberedBy(regex)
  regex.re2().lazyDFA?.clearCache()
  return found
}

/** Bytes of its states, by the engine's own reckoning. */
function rememberedBy(regex: RE2JS): number {
  const states = regex.re2().lazyDFA as { maxMem: number; memBudget: number } | null
  return states === null ? 0 : states.maxMem - states.memBudget
}

function checkProgram(instructions: number, place: Place): void {
  if (instructions <= MOST_INSTRUCTIONS) return
  throw place.invalid(
    `repeats too much: the pattern comes to about ${instructions} instructions, of at most ${MOST_INSTRUCTIONS}`,
  )
}

function compile(pattern: string, letters: string, place: Place): RE2JS {
  const re2 = engine()
  const flags = [...letters].reduce((sum, letter) => sum | re2[FLAGS[letter] ?? 'DOTALL'], 0)
  try {
    return re2.compile(pattern, flags)
  } catch (error) {
    const unsupported = /\(\?<?[=!]/.test(pattern)
      ? ': look-ahead and look-behind are not supported'
      : /\\[1-9]|\\k</.test(pattern)
        ? ': back-references are not supported'
        : ` (${brief(messageOf(error).replace('error parsing regexp: ', ''))})`
    throw place.invalid(`is not a pattern that is understood${unsupported}`)
  }
}
