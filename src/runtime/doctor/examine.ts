import { maskUrl } from '../kernel/index.ts'
import { checks } from './checks/index.ts'
import { openContext } from './context.ts'
import type { Examination, ExamineOptions } from './examination.ts'
import { countLevels, runChecks } from './run.ts'

/** See `examine` in index.ts. */
export async function examineSystem(options: ExamineOptions): Promise<Examination> {
  const { context, close } = await openContext(options)
  try {
    const wanted = checks.filter(({ area }) => options.only === undefined || options.only.includes(area))
    const findings = await runChecks(wanted, context)
    const examination: Examination = {
      at: new Date(context.now()).toISOString(),
      version: context.version,
      redis: maskUrl(context.redisUrl),
      context: context.contextName,
      counts: countLevels(findings),
      findings,
      bundle: null,
    }
    if (options.bundle === undefined) return examination
    const { writeBundle } = await import('./bundle/write.ts')
    const bundle = await writeBundle(options.bundle, { examination, context, settings: options.settings })
    return { ...examination, bundle }
  } finally {
    await close()
  }
}
