import type { Examination, ExamineOptions } from './examination.ts'

export { AREAS, type Area, type Finding, type Level } from './check.ts'
export { doctorErrors } from './errors.ts'
export type { Examination, ExamineOptions } from './examination.ts'

/**
 * Looks at everything that can be wrong with a system and the machine it runs on. Changes nothing, and works also where nothing else does.
 * @throws AgentctlError BUNDLE_NOT_WRITTEN
 */
export async function examine(options: ExamineOptions): Promise<Examination> {
  return (await import('./examine.ts')).examineSystem(options)
}
