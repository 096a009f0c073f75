import { describe, expect, it } from 'vitest'
import { addDocuments } from '../../../src/cli/rag/add-documents.ts'
import { AgentctlError, kernelError } from '../../../src/runtime/kernel/index.ts'

const read = async (file: string) => ({ id: file, text: file, metadata: {} })
const send = async ({ id }: { id: string }) => ({ id, chunks: 1, status: 'added' as const })

describe('adding documents', () => {
  it('adds all, in the order of the files', async () => {
    const files = Array.from({ length: 25 }, (_, i) => `${i}.md`)
    const { documents, failed } = await addDocuments({ files, read, send, onProgress() {} })
    expect(documents.map(({ file }) => file)).toEqual(files)
    expect(failed).toEqual([])
  })

  it('goes on after one that fails, and names it', async () => {
    const files = ['a.md', 'bad.md', 'c.md']
    const refusing = async (document: { id: string }) => {
      if (document.id === 'bad.md') throw kernelError('CONFIG_INVALID', 'no')
      return send(document)
    }
    const { documents, failed } = await addDocuments({ files, read, send: refusing, onProgress() {} })
    expect(documents.map(({ id }) => id)).toEqual(['a.md', 'c.md'])
    expect(failed).toMatchObject([{ file: 'bad.md', error: { code: 'CONFIG_INVALID' } }])
  })

  it('tells how many are done after each', async () => {
    const seen: number[] = []
    const onProgress = (done: number) => seen.push(done)
    await addDocuments({ files: ['a', 'b', 'c'], read, send, onProgress })
    expect(seen).toEqual([1, 2, 3])
  })

  it('ends when it is interrupted', async () => {
    const abort = async () => {
      throw new DOMException('stop', 'AbortError')
    }
    const adding = addDocuments({ files: ['a'], read, send: abort, onProgress() {} })
    await expect(adding).rejects.toThrow('stop')
    await expect(adding).rejects.not.toBeInstanceOf(AgentctlError)
  })

  it('has four on their way at most', async () => {
    let flying = 0
    let most = 0
    const slow = async (document: { id: string }) => {
      most = Math.max(most, ++flying)
      await new Promise((later) => setImmediate(later))
      flying--
      return send(document)
    }
    const files = Array.from({ length: 20 }, (_, i) => String(i))
    await addDocuments({ files, read, send: slow, onProgress() {} })
    expect(most).toBe(4)
  })
})
