import { EventEmitter } from 'node:events'
import type { ServerResponse } from 'node:http'
import { describe, expect, it } from 'vitest'
import { createRuns } from '../../../src/runtime/agents/service/runs.ts'

const response = () => new EventEmitter() as ServerResponse

/** Works until it is told not to, as an agent whose service is away. */
const endless = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => {
    if (signal.aborted) reject(signal.reason)
    signal.addEventListener('abort', () => reject(signal.reason))
  })

describe('runs for clients that wait', () => {
  it('end when the client leaves, and leave nothing at its response', async () => {
    const runs = createRuns()
    const client = response()
    const run = runs.of(client, endless)
    client.emit('close')
    await expect(run).rejects.toMatchObject({ code: 'AGENT_RUN_CANCELLED' })
    expect(client.listenerCount('close')).toBe(0)
    await runs.drained()
  })

  it('end when the service stops, also those that come too late', async () => {
    const runs = createRuns()
    const early = runs.of(response(), endless)
    const drained = runs.drained()
    runs.close()
    await expect(early).rejects.toMatchObject({ code: 'AGENT_RUN_STOPPED' })
    await drained
    await expect(runs.of(response(), endless)).rejects.toMatchObject({ code: 'AGENT_RUN_STOPPED' })
  })
})
