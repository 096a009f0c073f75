import { describe, expect, it } from 'vitest'
import { createWorkerWatch } from '../../../src/runtime/rag/service/worker-watch.ts'

const STAGES = ['encoder', 'retriever']

function watchOf(workerWait = 5_000) {
  let at = 0
  const scene = { missing: [] as string[], looks: 0 }
  const presence = {
    announce: async () => {},
    leave: async () => {},
    async missing() {
      scene.looks++
      return scene.missing
    },
  }
  const watch = createWorkerWatch({ presence, stages: STAGES, workerWait, now: () => at })
  const after = (ms: number, needed?: string[]) => {
    at += ms
    return watch.check(needed)
  }
  return Object.assign(scene, { after })
}

describe('looking after the workers', () => {
  it('says nothing while every stage has one', async () => {
    const watch = watchOf()
    for (let i = 0; i < 10; i++) await watch.after(2_000)
  })

  it('names the stage that has had none for too long', async () => {
    const watch = watchOf()
    watch.missing = ['retriever']
    await watch.after(0)
    await watch.after(2_000)
    await watch.after(2_000)
    await expect(watch.after(2_000)).rejects.toMatchObject({
      code: 'RAG_NO_WORKER',
      status: 503,
      message: expect.stringContaining('retriever'),
    })
  })

  it('does not mind a stage that is not needed', async () => {
    const watch = watchOf()
    watch.missing = ['retriever']
    await watch.after(0)
    await watch.after(4_000)
    await watch.after(4_000, ['encoder'])
    await expect(watch.after(0)).rejects.toMatchObject({ code: 'RAG_NO_WORKER' })
  })

  it('begins anew when one has come back', async () => {
    const watch = watchOf()
    watch.missing = ['retriever']
    await watch.after(0)
    watch.missing = []
    await watch.after(4_000)
    watch.missing = ['retriever']
    await watch.after(2_000)
    await watch.after(2_000)
  })

  it('does not count the time in which nobody looked', async () => {
    const watch = watchOf()
    watch.missing = ['retriever']
    await watch.after(0)
    await watch.after(60_000)
    await watch.after(2_000)
  })

  it('looks once a second at most, however many wait', async () => {
    const watch = watchOf()
    for (let i = 0; i < 50; i++) await watch.after(10)
    expect(watch.looks).toBe(1)
  })
})
