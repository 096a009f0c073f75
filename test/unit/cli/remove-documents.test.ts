import { describe, expect, it } from 'vitest'
import { removingDocuments } from '../../../src/cli/rag/remove-documents.ts'
import { errorsOf } from '../../../src/runtime/kernel/index.ts'
import { ragErrors } from '../../../src/runtime/rag/index.ts'

const ragError = errorsOf(ragErrors)

/** A gateway that has these documents. */
function gateway(...documents: string[]) {
  const there = new Set(documents)
  return {
    there,
    async remove(id: string) {
      if (!there.delete(id)) throw ragError('RAG_DOCUMENT_UNKNOWN', `document "${id}" is not there`)
    },
  }
}

async function remove(client: ReturnType<typeof gateway>, ...ids: string[]) {
  const change = removingDocuments(client, ids)
  const plan = await change.plan()
  const result = await change.apply(plan)
  return { result, done: change.done(result, plan) }
}

describe('removing documents', () => {
  it('goes on after one that is not there, and names it', async () => {
    const client = gateway('a', 'b', 'c')
    const { result, done } = await remove(client, 'a', 'nope', 'b', 'a')
    expect(result).toEqual({ removed: ['a', 'b'], unknown: ['nope'] })
    expect(done).toBe('Removed 2 documents; there is no nope')
    expect([...client.there]).toEqual(['c'])
  })

  it('fails where the only one is not there', async () => {
    await expect(remove(gateway('a'), 'b')).rejects.toMatchObject({ code: 'RAG_DOCUMENT_UNKNOWN' })
  })

  it('ends at any other failure', async () => {
    const client = gateway('a', 'b')
    const broken = { ...client, remove: () => Promise.reject(new Error('gone')) }
    await expect(remove(broken, 'a', 'b')).rejects.toThrow('gone')
  })
})
