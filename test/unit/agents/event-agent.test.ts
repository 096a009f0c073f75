import { getEventListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import { createEventAgent, type EventAgentOptions } from '../../../src/runtime/agents/event-agent.ts'
import { MAX_FAILURES } from '../../../src/runtime/agents/messages.ts'
import type { EventProgress } from '../../../src/runtime/agents/tally.ts'
import { campaignsError } from '../../../src/runtime/campaigns/errors.ts'
import type { Batch, BatchResult } from '../../../src/runtime/campaigns/index.ts'
import { AgentctlError } from '../../../src/runtime/kernel/index.ts'
import { monotonicClock } from '../../../src/runtime/resilience/index.ts'
import { silent } from '../../support/redis.ts'

type Register = EventAgentOptions['campaigns']['registerEvents']
interface Sent {
  event_id: string
}

const batchOf = (results: BatchResult[]): Batch => ({ registered: 0, known: 0, failed: 0, results })
const ok = (events: readonly unknown[]): Batch =>
  batchOf(
    events.map((event, index) => ({
      index,
      event_id: (event as Sent)?.event_id ?? null,
      outcome: 'registered' as const,
    })),
  )
const away = () => campaignsError('CAMPAIGNS_UNREACHABLE', 'connect ECONNREFUSED')
const events = (count: number) => Array.from({ length: count }, (_, amount) => ({ amount }))

function agent(registerEvents: Register, options: Partial<EventAgentOptions> = {}) {
  return createEventAgent({
    campaigns: { registerEvents },
    clock: monotonicClock,
    batch: 10,
    log: silent,
    ...options,
  })
}

describe('the event agent', () => {
  it('registers everything, with no more batches at once than it may', async () => {
    let active = 0
    let most = 0
    const ids = new Set<string>()
    const progress: EventProgress[] = []
    const registering: Register = async (batch) => {
      most = Math.max(most, ++active)
      await new Promise(setImmediate)
      for (const { event_id } of batch as Sent[]) ids.add(event_id)
      active--
      return ok(batch)
    }
    const report = await agent(registering, { concurrency: 3 }).run(events(95), {
      runId: 'r1',
      onProgress: (now) => progress.push(now),
    })
    expect(report).toMatchObject({ run_id: 'r1', complete: true, total: 95, registered: 95, failed: 0 })
    expect(report.failures).toEqual([])
    expect([most, ids.size]).toEqual([3, 95])
    expect(ids).toContain('r1-94')
    expect(progress.at(-1)).toEqual({ total: 95, registered: 95, known: 0, failed: 0 })
    expect(progress.length).toBeGreaterThanOrEqual(10)
  })

  it('has nothing to do without events', async () => {
    const report = await agent(async (batch) => ok(batch)).run([], { runId: 'r' })
    expect(report).toMatchObject({ complete: true, total: 0, failures: [], retries: 0 })
  })

  it('counts what the service says of each event, whatever the order of its answer', async () => {
    const registering: Register = async () => {
      const error = { code: 'RULE', detail: 'amount: bad', field: 'amount' }
      return batchOf([
        {
          index: 2,
          event_id: 'c',
          outcome: 'conflict',
          error: { code: 'CAMPAIGN_EVENT_CONFLICT', detail: 'x' },
        },
        { index: 1, event_id: null, outcome: 'invalid', error },
        { index: 0, event_id: 'a', outcome: 'known' },
      ])
    }
    const given = [{ event_id: 'a' }, 17, { event_id: 'c' }]
    expect(await agent(registering).run(given, { runId: 'r' })).toMatchObject({
      complete: false,
      total: 3,
      registered: 0,
      known: 1,
      failed: 2,
      failures: [
        { index: 1, event_id: null, code: 'RULE', detail: 'amount: bad', field: 'amount', retryable: false },
        { index: 2, event_id: 'c', code: 'CAMPAIGN_EVENT_CONFLICT', retryable: false },
      ],
    })
  })

  it('reports a batch that fails event by event, and goes on', async () => {
    let asked = 0
    const registering: Register = async (batch) => {
      if (++asked === 2) throw away()
      return ok(batch)
    }
    const report = await agent(registering, { concurrency: 1, giveUpAfter: 3 }).run(events(30), {
      runId: 'r',
    })
    expect(report).toMatchObject({ complete: false, total: 30, registered: 20, failed: 10 })
    expect(report.failures.map(({ index }) => index)).toEqual([10, 11, 12, 13, 14, 15, 16, 17, 18, 19])
    expect(report.failures[0]).toMatchObject({
      event_id: 'r-10',
      code: 'CAMPAIGNS_UNREACHABLE',
      retryable: true,
    })
  })

  it('gives up when too many batches in a row fail, and counts the rest', async () => {
    let asked = 0
    const registering: Register = async () => {
      asked++
      throw away()
    }
    const report = await agent(registering, { concurrency: 2, giveUpAfter: 2 }).run(events(100), {
      runId: 'r',
    })
    expect(asked).toBeLessThanOrEqual(3)
    expect(report).toMatchObject({ complete: false, total: 100, registered: 0, failed: 100 })
    const last = report.failures.at(-1)
    expect(last).toMatchObject({ index: 10 * asked, code: 'AGENT_RUN_STOPPED', retryable: true })
    expect(last?.detail).toMatch(`${100 - 10 * asked} events were not tried`)
    expect(last?.detail).toMatch('ECONNREFUSED')
  })

  it('counts failures in a row anew after a success', async () => {
    let asked = 0
    const registering: Register = async (batch) => {
      if (++asked % 3 !== 0) throw away()
      return ok(batch)
    }
    const report = await agent(registering, { concurrency: 1, giveUpAfter: 3 }).run(events(90), {
      runId: 'r',
    })
    expect(report).toMatchObject({ total: 90, registered: 30, failed: 60 })
    expect(report.failures.some(({ code }) => code === 'AGENT_RUN_STOPPED')).toBe(false)
  })

  it('stops at once when it is not let in', async () => {
    let asked = 0
    const registering: Register = async () => {
      asked++
      throw campaignsError('CAMPAIGNS_UNAUTHORIZED', 'the password is wrong')
    }
    const report = await agent(registering, { concurrency: 1, giveUpAfter: 5 }).run(events(100), {
      runId: 'r',
    })
    expect(asked).toBe(1)
    expect(report.failed).toBe(100)
    expect(report.failures.every(({ retryable }) => !retryable)).toBe(true)
  })

  it('halves batches that are too large, down to the event that is', async () => {
    const tooLarge = new AgentctlError(
      'HTTP_BODY_TOO_LARGE',
      { kind: 'usage', status: 413, title: '', fix: '' },
      'too large',
    )
    const registering: Register = async (batch) => {
      if (batch.length > 3 || (batch as { amount: number }[]).some(({ amount }) => amount === 4))
        throw tooLarge
      return ok(batch)
    }
    const report = await agent(registering).run(events(10), { runId: 'r' })
    expect(report).toMatchObject({ registered: 9, failed: 1 })
    expect(report.failures).toMatchObject([{ index: 4, code: 'HTTP_BODY_TOO_LARGE', retryable: false }])
  })

  it('lists so many failures and counts all, with the summary at the end', async () => {
    const registering: Register = async () => {
      throw away()
    }
    const report = await agent(registering, { batch: 1_000, concurrency: 1, giveUpAfter: 2 }).run(
      events(5_000),
      {
        runId: 'r',
      },
    )
    expect(report.failed).toBe(5_000)
    expect(report.failures).toHaveLength(MAX_FAILURES)
    expect(report.failures.at(-1)).toMatchObject({ code: 'AGENT_RUN_STOPPED', index: 2_000 })
  })

  it('tells of events that are no JSON', async () => {
    const report = await agent(async (batch) => ok(batch)).run([{ a: 1 }, { amount: 1n }], { runId: 'r' })
    expect(report).toMatchObject({ total: 2, registered: 1, failed: 1 })
    expect(report.failures).toMatchObject([{ index: 1, event_id: 'r-1', code: 'CAMPAIGN_EVENT_INVALID' }])
  })

  it('lets no event spoil the others of its batch by a name that servers refuse', async () => {
    const sent: unknown[] = []
    const registering: Register = async (batch) => {
      sent.push(...batch)
      return ok(batch)
    }
    const given = [
      { amount: 1 },
      JSON.parse('{"data":{"list":[{"__proto__":{"a":1}}]}}'),
      { data: { constructor: { prototype: 1 } } },
      { data: { constructor: 'Ford', note: '"__proto__":' } },
    ]
    const report = await agent(registering).run(given, { runId: 'r' })
    expect(report).toMatchObject({ total: 4, registered: 2, failed: 2 })
    expect(report.failures.map(({ index, code, detail }) => [index, code, detail])).toEqual([
      [1, 'CAMPAIGN_EVENT_INVALID', '"__proto__" may be no name in it'],
      [2, 'CAMPAIGN_EVENT_INVALID', '"constructor.prototype" may be no name in it'],
    ])
    expect(sent.map((event) => (event as Sent).event_id)).toEqual(['r-0', 'r-3'])
  })

  it('leaves nothing at a signal that outlives it', async () => {
    const { signal } = new AbortController()
    for (const registering of [
      async (batch) => ok(batch),
      async () => Promise.reject(new Error('bug')),
    ] as Register[])
      await agent(registering)
        .run(events(3), { runId: 'r', signal })
        .catch(() => {})
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })

  it('waits for a service that is away, but not beyond its time', async () => {
    const calls: { patient?: boolean | undefined; deadline?: number | undefined }[] = []
    const registering: Register = async (batch, call = {}) => {
      calls.push(call)
      call.onRetry?.(away())
      return ok(batch)
    }
    const now = () => 1_000
    const report = await agent(registering, { patience: 500, now, concurrency: 1 }).run(events(20), {
      runId: 'r',
      deadline: 1_300,
    })
    expect(calls).toMatchObject([
      { patient: true, deadline: 1_300 },
      { patient: true, deadline: 1_300 },
    ])
    expect(report.retries).toBe(2)
  })

  it('tries nothing more when its time is up', async () => {
    let time = 0
    const registering: Register = async (batch) => {
      time += 100
      return ok(batch)
    }
    const options = { now: () => time, concurrency: 1 }
    const report = await agent(registering, options).run(events(50), { runId: 'r', deadline: 200 })
    expect(report).toMatchObject({ complete: false, total: 50, registered: 20, failed: 30 })
    expect(report.failures).toMatchObject([{ index: 20, code: 'AGENT_RUN_STOPPED', retryable: true }])
  })

  it('ends with the reason of its signal, and stops reading, also while nobody gives an event', async () => {
    const controller = new AbortController()
    const reason = new Error('enough')
    async function* slow() {
      yield { amount: 1 }
      await new Promise(() => {})
    }
    const run = agent(async (batch) => ok(batch), { batch: 1 }).run(slow(), {
      runId: 'r',
      signal: controller.signal,
      onProgress: () => controller.abort(reason),
    })
    await expect(run).rejects.toBe(reason)
  })

  it('ends with what reading the events has thrown, when the batches under way have ended', async () => {
    const broken = new Error('the file is gone')
    let ended = 0
    function* reading() {
      yield* events(10)
      throw broken
    }
    const registering: Register = async (batch) => {
      await new Promise((later) => setTimeout(later, 20))
      ended++
      return ok(batch)
    }
    await expect(agent(registering, { batch: 5 }).run(reading(), { runId: 'r' })).rejects.toBe(broken)
    expect(ended).toBe(2)
  })

  it('does not take a mistake for a failure of the service', async () => {
    const registering: Register = async () => {
      throw new TypeError('undefined is not a function')
    }
    await expect(agent(registering).run(events(30), { runId: 'r' })).rejects.toThrow(TypeError)
  })
})
