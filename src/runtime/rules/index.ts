export { compileCondition } from './compile.ts'
export { rulesError, rulesErrors } from './errors.ts'
export { type Condition, type Explanation, type Matcher, type RuleLimits } from './matcher.ts'
