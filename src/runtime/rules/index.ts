export { compileCondition } from './compile.ts'
export { rulesError, rulesErrors } from './errors.ts'
export { type Condition, DEFAULT_LIMITS, type Explanation, type Matcher, type RuleLimits } from './matcher.ts'
