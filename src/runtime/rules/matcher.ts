/** A condition in the query language of MongoDB, as it was written: `{"amount": {"$gte": 100}}`. */
export type Condition = Readonly<Record<string, unknown>>

/** A condition that was compiled once, to be asked about many documents. */
export interface Matcher {
  /**
   * @param document plain JSON; only its own properties are looked at
   * @throws AgentctlError RULE_TOO_EXPENSIVE
   */
  matches(document: object): boolean
  /**
   * The same answer, with why. May take three times the steps, since it asks all parts: so it may be refused where
   * `matches` has an answer. What it shows is bounded.
   *
   * @throws AgentctlError RULE_TOO_EXPENSIVE
   */
  explain(document: object): Explanation
}

/** What became of one part of a condition. */
export interface Explanation {
  matched: boolean
  /** Where it stands in the condition, such as `$and[0].amount.$gte`; empty for the whole. */
  at: string
  /** What was asked, such as `$gte`, `$and` or `$eq`; `element` for one element that an $elemMatch looked at. */
  operator: string
  /** Of a comparison: the path in the document. */
  field?: string
  expected?: unknown
  /** Of a comparison: the values found there; none when the field is missing. Long ones are cut. */
  found?: readonly unknown[]
  /** Parts this one is made of. Those not needed for the answer are there as well, as long as there is room. */
  parts?: readonly Explanation[]
}

/** What a condition may be at most. */
export interface RuleLimits {
  /** Levels of conditions within conditions. */
  depth: number
  /** Conditions, and values of lists, in all. */
  size: number
  /** Characters of a regular expression. What it compiles to is bounded as well. */
  pattern: number
  /**
   * Steps one evaluation may take: conditions of the rule, elements of lists looked at (times the conditions asked
   * of each), and for a regular expression its characters times instructions, by the hundred.
   */
  steps: number
}

export const DEFAULT_LIMITS: RuleLimits = { depth: 16, size: 2_000, pattern: 500, steps: 200_000 }
