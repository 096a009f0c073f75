import { describe, expect, it } from 'vitest'
import type { Facts } from '../../../src/runtime/evaluation/messages.ts'
import { createWaitForEnd } from '../../../src/runtime/evaluation/service/wait.ts'

const RUNNING: Facts = { eval_id: 'e1', seq: 2, status: 'running' }
const ENDED: Facts = { eval_id: 'e1', seq: 1_000, status: 'completed' }
const nobodyLeaves = new AbortController().signal

describe('waiting for the end', () => {
  it('goes on when it cannot be looked whether it has come already', async () => {
    let looks = 0
    const waitForEnd = createWaitForEnd(
      {
        get: async () => RUNNING,
        async find() {
          looks += 1
          if (looks === 1) throw new Error('away')
          return ENDED
        },
      },
      { untilEnd: async () => {} },
    )
    expect(await waitForEnd('e1', 60_000, nobodyLeaves)).toBe(ENDED)
  })

  it('ends at once when it came before anybody watched', async () => {
    const untilEnd = (_id: string, _ms: number, signal: AbortSignal) =>
      new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
    const waitForEnd = createWaitForEnd({ get: async () => RUNNING, find: async () => ENDED }, { untilEnd })
    expect(await waitForEnd('e1', 60_000, nobodyLeaves)).toBe(ENDED)
  })
})
