import { anyElement } from './elements.ts'
import { DEFAULT_LIMITS, type Matcher, type RuleLimits } from './matcher.ts'
import { aboutCondition, aboutField, isJoining } from './names.ts'
import { questions } from './operators.ts'
import { allOf, anyOf, comparison, type Head, noneOf, notAllOf, nothing, type Part } from './parts.ts'
import { pathOf } from './paths.ts'
import { type Place, placeOf } from './place.ts'
import { type Steps, take } from './steps.ts'
import { elementSubject, fieldSubject, type Subject } from './subjects.ts'
import { isObject, isPlain, kindOf } from './values.ts'

/** An explanation asks all parts, an answer only those it needs. */
const EXPLAIN_FACTOR = 3

/** Characters that an explanation shows, about, whatever the rule and the document are. */
const EXPLAIN_ROOM = 200_000

/**
 * Compiles a condition of MongoDB's query language once, to be asked about many documents.
 *
 * The condition is copied: changing it afterwards changes nothing. A matcher is synchronous, keeps nothing of
 * the documents it has seen, and calls nothing that the condition names.
 *
 * @throws AgentctlError RULE_INVALID, RULE_TOO_LARGE; `field` says where in the condition
 */
export function compileCondition(condition: unknown, limits: Partial<RuleLimits> = {}): Matcher {
  const all = { ...DEFAULT_LIMITS, ...limits }
  const steps: Steps = { left: 0, room: 0, remembered: 0 }
  const root = allOf(compileQuery(condition, placeOf(all, steps)), { at: '', operator: '$and' }, steps)
  return {
    matches(document) {
      steps.left = all.steps
      take(steps, root.weight)
      return root.matches(document)
    },
    explain(document) {
      steps.left = EXPLAIN_FACTOR * all.steps
      steps.room = EXPLAIN_ROOM
      return root.explain(document)
    },
  }
}

/** The conditions on a whole document, or on an element that is an object; all of them have to hold. */
function compileQuery(condition: unknown, place: Place): Part[] {
  if (!isPlain(condition)) {
    throw place.invalid(`takes an object such as {"amount": {"$gte": 100}}, not ${kindOf(condition)}`)
  }
  const below = place.deeper()
  const names = Object.keys(condition)
  below.expect(names.length)
  if (names.length === 0) below.count(1)
  return names.flatMap((name) => {
    const at = below.key(name)
    if (isJoining(name)) return [compileJoin(name, condition[name], at)]
    if (name.startsWith('$')) throw at.invalid(aboutCondition(name))
    return compileField(name, condition[name], at)
  })
}

function compileJoin(operator: '$and' | '$or' | '$nor', operand: unknown, place: Place): Part {
  if (!Array.isArray(operand) || operand.length === 0) {
    const given = Array.isArray(operand) ? 'an empty one' : kindOf(operand)
    throw place.invalid(`takes a list of conditions, not ${given}`)
  }
  place.expect(operand.length)
  place.count(1)
  const join = { $and: allOf, $or: anyOf, $nor: noneOf }[operator]
  const parts = Array.from(operand, (clause, index) => {
    const at = place.item(index)
    return together(compileQuery(clause, at), at)
  })
  return join(parts, { at: place.at, operator }, place.steps)
}

/** Several conditions in one place are one part of what is above them. */
function together(parts: readonly Part[], place: Place): Part {
  const [only] = parts
  if (only !== undefined && parts.length === 1) return only
  return allOf(parts, { at: place.at, operator: '$and' }, place.steps)
}

function compileField(field: string, operand: unknown, place: Place): Part[] {
  const subject = fieldSubject(field, pathOf(field, place), place.steps)
  if (hasOperators(operand)) return compileOperators(operand, subject, place)
  const question = questions.$eq?.(operand, place, {})
  return question ? [comparison(question, subject, headOf('$eq', subject, place))] : []
}

/** An object without any operator is a value to be equal to. */
function hasOperators(operand: unknown): operand is Record<string, unknown> {
  return isPlain(operand) && Object.keys(operand).some((name) => name.startsWith('$'))
}

function compileOperators(operators: Record<string, unknown>, subject: Subject, place: Place): Part[] {
  return Object.keys(operators).flatMap((name) => {
    const at = place.key(name)
    if (name === '$options') {
      if (Object.hasOwn(operators, '$regex')) return []
      throw at.invalid('belongs to a $regex, and there is none beside it')
    }
    return compileOperator(name, operators, subject, at)
  })
}

function compileOperator(
  name: string,
  operators: Record<string, unknown>,
  subject: Subject,
  place: Place,
): Part {
  const head = headOf(name, subject, place)
  const operand = operators[name]
  if (name === '$not') return notAllOf(compileNot(operand, subject, place), head, place.steps)
  if (name === '$elemMatch') return compileElemMatch(operand, subject, place, head)
  if (name === '$all') return compileAll(operand, subject, place, head)
  const ask = Object.hasOwn(questions, name) ? questions[name] : undefined
  if (ask === undefined) throw place.invalid(aboutField(name))
  return comparison(ask(operand, place, operators), subject, head)
}

function compileNot(operand: unknown, subject: Subject, place: Place): Part[] {
  place.count(1)
  if (hasOperators(operand)) return compileOperators(operand, subject, place.deeper())
  throw place.invalid(`takes an object of operators, such as {"$gt": 5}, not ${describe(operand)}`)
}

/** Operators alone ask about the element itself, anything else about the fields of an element that is an object. */
function compileElemMatch(operand: unknown, subject: Subject, place: Place, head: Head): Part {
  if (!isPlain(operand)) throw place.invalid(`takes an object of conditions, not ${kindOf(operand)}`)
  place.count(1)
  const names = Object.keys(operand)
  if (names.length > 0 && names.every((name) => name.startsWith('$') && !isJoining(name))) {
    const inner = compileOperators(operand, elementSubject(subject.steps), place.deeper())
    return anyElement(together(inner, place), () => true, subject, head)
  }
  return anyElement(together(compileQuery(operand, place), place), isObject, subject, head)
}

/** Every value has to be there, or every $elemMatch to be fulfilled. */
function compileAll(operand: unknown, subject: Subject, place: Place, head: Head): Part {
  if (!Array.isArray(operand)) throw place.invalid(`takes a list of values, not ${kindOf(operand)}`)
  if (operand.length === 0) {
    place.count(1)
    return nothing(subject, head, [])
  }
  place.expect(operand.length)
  const below = place.deeper()
  const isElemMatch = (value: unknown) => isObject(value) && Object.hasOwn(value, '$elemMatch')
  const mixed = operand.some(isElemMatch) && !operand.every(isElemMatch)
  if (mixed) throw place.invalid('takes either values or $elemMatch, not both')
  const parts = Array.from(operand, (value: unknown, index) => {
    const at = below.item(index)
    if (hasOperators(value)) return compileOnlyElemMatch(value, subject, at)
    const question = questions.$eq?.(value, at, {})
    return question
      ? comparison(question, subject, headOf('$eq', subject, at))
      : nothing(subject, head, value)
  })
  return allOf(parts, head, place.steps)
}

function compileOnlyElemMatch(operand: Record<string, unknown>, subject: Subject, place: Place): Part {
  const other = Object.keys(operand).find((name) => name !== '$elemMatch')
  if (other !== undefined)
    throw place.key(other).invalid('stands in $all, which takes values or $elemMatch only')
  return compileOperator('$elemMatch', operand, subject, place.key('$elemMatch'))
}

function headOf(operator: string, { field }: Subject, { at }: Place): Head {
  return { at, operator, ...(field !== undefined && { field }) }
}

function describe(operand: unknown): string {
  return isPlain(operand) ? 'one without any' : kindOf(operand)
}
