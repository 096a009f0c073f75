export { compileCondition } from './compile.ts'
export { rulesError, rulesErrors } from './errors.ts'
export type { Condition, Explanation, Matcher, RuleLimits } from './matcher.ts'
