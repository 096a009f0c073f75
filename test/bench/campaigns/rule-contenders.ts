import { Engine } from 'json-rules-engine'
import { Query } from 'mingo'
import siftModule from 'sift'
import { compileCondition } from '../../../src/runtime/rules/index.ts'
import { translate } from './rule-translation.ts'

export type Conditions = Record<string, unknown>
export type Documents = readonly Record<string, unknown>[]

/** Asks all rules about each document once. Returns how many matched. */
export type Ask = (documents: Documents) => number | Promise<number>

export const CONTENDERS = ['agentctl', 'sift', 'mingo', 'json-rules-engine'] as const
export type Contender = (typeof CONTENDERS)[number]

/** Its types say that the module is the function, which is true of the older form of modules only. */
const sift = siftModule as unknown as (query: Conditions) => (document: unknown) => boolean

/** Each compiles its rules once, as one who uses it often would. */
export const contenders: Readonly<Record<Contender, (rules: readonly Conditions[]) => Ask>> = {
  agentctl: (rules) => {
    const matchers = rules.map((rule) => compileCondition(rule))
    return (documents) => {
      let matched = 0
      for (const document of documents) {
        for (let i = 0; i < matchers.length; i++) if (matchers[i]?.matches(document)) matched++
      }
      return matched
    }
  },
  sift: (rules) => {
    const testers = rules.map((rule) => sift(rule))
    return (documents) => {
      let matched = 0
      for (const document of documents) {
        for (let i = 0; i < testers.length; i++) if (testers[i]?.(document)) matched++
      }
      return matched
    }
  },
  mingo: (rules) => {
    const queries = rules.map((rule) => new Query(rule))
    return (documents) => {
      let matched = 0
      for (const document of documents) {
        for (let i = 0; i < queries.length; i++) if (queries[i]?.test(document)) matched++
      }
      return matched
    }
  },
  'json-rules-engine': (rules) => {
    const engine = new Engine([], { allowUndefinedFacts: true })
    rules.forEach((rule, index) => {
      const conditions = translate(rule)
      if (conditions === undefined) throw new Error(`not to be expressed: ${JSON.stringify(rule)}`)
      engine.addRule({ conditions, event: { type: String(index) } })
    })
    return async (documents) => {
      let matched = 0
      for (const document of documents) matched += (await engine.run(document)).events.length
      return matched
    }
  },
}
