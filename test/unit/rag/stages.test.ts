import { describe, expect, it } from 'vitest'
import { stageNames, stagesOf } from '../../../src/runtime/rag/stages.ts'

const namesOf = (list: string) => stagesOf(list).map(({ name }) => name)

describe('the stages', () => {
  it('are those that are named, each once and in their order', () => {
    expect(namesOf('generator,encoder,generator')).toEqual(['encoder', 'generator'])
    expect(namesOf('encoder, retriever')).toEqual(['encoder', 'retriever'])
  })

  it('that do not exist are refused by name', () => {
    expect(() => stagesOf('encoder,toString')).toThrow(
      expect.objectContaining({
        code: 'RAG_STAGE_UNKNOWN',
        field: 'stage',
        message: expect.stringContaining('toString'),
      }),
    )
  })

  it('have names of their own', () => {
    expect(new Set(stageNames).size).toBe(stageNames.length)
  })
})
