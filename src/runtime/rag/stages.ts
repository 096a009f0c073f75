import { ragError } from './errors.ts'
import { encoderStage } from './stages/encoder.ts'
import { generatorStage } from './stages/generator.ts'
import { retrieverStage } from './stages/retriever.ts'
import type { Stage } from './stages/tools.ts'

/** Every stage of the pipeline, in the order in which a query passes them. A new stage is one file and one line here. */
export const stages: readonly Stage[] = [encoderStage, retrieverStage, generatorStage]

export const stageNames: readonly string[] = stages.map(({ name }) => name)

/**
 * The stages of a list such as `encoder,retriever`, each once.
 * @throws AgentctlError RAG_STAGE_UNKNOWN
 */
export function stagesOf(list: string): Stage[] {
  const wanted = new Set(list.split(',').map((name) => name.trim()))
  for (const name of wanted) {
    if (!stageNames.includes(name))
      throw ragError('RAG_STAGE_UNKNOWN', `"${name}" is none of ${stageNames.join(', ')}`, { field: 'stage' })
  }
  return stages.filter(({ name }) => wanted.has(name))
}
