import { pino } from 'pino'
import { beforeEach, describe, expect, it } from 'vitest'
import { type EvaluationJob, type Facts, job as jobSchema } from '../../../src/runtime/evaluation/messages.ts'
import type { Begun, End } from '../../../src/runtime/evaluation/records.ts'
import { evaluate } from '../../../src/runtime/evaluation/worker/evaluate.ts'
import type { RunCall } from '../../../src/runtime/evaluation/worker/executor-client.ts'
import type { EvaluateTools } from '../../../src/runtime/evaluation/worker/tools.ts'
import { AgentctlError } from '../../../src/runtime/kernel/index.ts'
import { ConnectionLost } from '../../../src/runtime/platform/http-client/index.ts'
import { limits, type Outcome } from '../../../src/runtime/sandbox/index.ts'

const job: EvaluationJob = jobSchema.parse({
  ...{ eval_id: 'e1', queued_at: '2026-01-01T00:00:00.000Z', language: 'python', code: 'x', stdin: '' },
  ...{ args: [], priority: 'normal', limits: limits.parse({}) },
})
const well: Outcome = {
  ...{ status: 'completed', exit_code: 0, signal: null, stdout: 'out', stderr: '', truncated: false },
  ...{ oom_seen: false, duration_ms: 1, backend: 'deno' },
}
const signals = { signal: new AbortController().signal, draining: new AbortController().signal }
const FACTS: Facts = { eval_id: 'e1', seq: 2, status: 'running' }

let emitted: string[]
let ends: End[]
let runs: number
let attempts: number
let outputs: string[]
let counted: string[]

beforeEach(() => {
  emitted = []
  ends = []
  outputs = []
  counted = []
  runs = 0
  attempts = 0
})

function toolsWith(
  run: (call: RunCall) => Promise<Outcome>,
  overrides: Partial<EvaluateTools> = {},
): EvaluateTools {
  return {
    records: {
      async begin(): Promise<Begun> {
        attempts += 1
        return { state: 'go', attempt: attempts, facts: { ...FACTS, seq: 2 * attempts }, untold: false }
      },
      async finish(id, _attempt, end) {
        ends.push(end)
        return { won: true, facts: { ...end, eval_id: id, seq: 1_000 } }
      },
      readState: async () => undefined,
      told: async () => {},
    },
    balancer: {
      acquire: async () => ({ url: 'http://a', release: async () => {} }),
      replicas: async () => [{ url: 'http://a', load: 0, health: 'closed', latency: 0, errors: 0 }],
    },
    client: {
      run(_url, _task, call) {
        runs += 1
        return run(call)
      },
    },
    cancellations: { watch: () => ({ signal: new AbortController().signal, close() {} }) },
    openOutput: (_id, attempt) => ({
      write: (name, text) => void outputs.push(`${attempt} ${name} ${text}`),
      stop: () => void outputs.push(`${attempt} stops`),
      end: () => void outputs.push(`${attempt} ends`),
    }),
    emit: async ({ seq, status }, { again } = {}) =>
      void emitted.push(`${seq} ${status}${again ? ' again' : ''}`),
    announce: async () => 1,
    onEnded: ({ status }) => void counted.push(status),
    worker: 'w',
    random: () => 0,
    now: () => 0,
    sleep: async () => {},
    log: pino({ level: 'silent' }),
    ...overrides,
  }
}

const refusal = new AgentctlError('EXECUTOR_TOKEN_REFUSED', { kind: 'auth', title: '', fix: '' }, 'not yours')
const twoExecutors: EvaluateTools['balancer'] = {
  async acquire({ avoid = [] } = {}) {
    return { url: avoid.includes('http://a') ? 'http://b' : 'http://a', release: async () => {} }
  },
  replicas: async () =>
    ['http://a', 'http://b'].map((url) => ({ url, load: 0, health: 'closed', latency: 0, errors: 0 })),
}

describe('an evaluation', () => {
  it('whose executor is lost in line again and again ends after three times ten', async () => {
    const tools = toolsWith(() => Promise.reject(new ConnectionLost('other side closed')))
    const end = await evaluate(job, signals, tools)
    expect(end).toMatchObject({ status: 'failed', reason: 'infra_error', attempts: 3 })
    expect(runs).toBe(30)
    expect(emitted).toEqual(['2 running', '4 running', '6 running', '1000 failed'])
  })

  it('waits for an executor that nobody reaches as long as it takes', async () => {
    const cause = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })
    const tools = toolsWith(() =>
      runs < 500 ? Promise.reject(new ConnectionLost('refused', { cause })) : Promise.resolve(well),
    )
    expect(await evaluate(job, signals, tools)).toMatchObject({ status: 'completed', attempts: 1 })
  })

  it('that another worker has taken over is left to it, and nothing is told', async () => {
    const tools = toolsWith(async () => well)
    tools.records.finish = async () => ({ won: false, facts: { ...FACTS, seq: 4 } })
    expect(await evaluate(job, signals, tools)).toBeUndefined()
    expect(emitted).toEqual(['2 running'])
  })

  it('whose end cannot be told is not run again', async () => {
    let away = true
    const tools = toolsWith(async () => well, {
      emit: async ({ seq, status }) => {
        if (away)
          throw new AgentctlError('REDIS_UNREACHABLE', { kind: 'unavailable', title: '', fix: '' }, '')
        emitted.push(`${seq} ${status}`)
      },
    })
    await expect(evaluate(job, signals, tools)).rejects.toMatchObject({ code: 'REDIS_UNREACHABLE' })
    expect(ends).toHaveLength(1)
    away = false
    const [end] = ends as [End]
    tools.records.begin = async () => {
      return { state: 'ended', facts: { ...end, eval_id: 'e1', seq: 1_000 }, untold: false }
    }
    await evaluate(job, signals, tools)
    expect(runs).toBe(1)
    expect(emitted).toEqual(['1000 completed'])
  })

  it('is counted by whoever has ended it, and told again by whoever finds it ended', async () => {
    const tools = toolsWith(async () => well)
    await evaluate(job, signals, tools)
    expect([emitted, counted]).toEqual([['2 running', '1000 completed'], ['completed']])
    tools.records.finish = async () => ({
      ...{ won: false, facts: { eval_id: 'e1', seq: 1_000, status: 'cancelled' as const } },
    })
    await evaluate(job, signals, tools)
    expect(emitted.slice(2)).toEqual(['4 running', '1000 cancelled again'])
    expect(counted).toEqual(['completed'])
  })

  it('keeps what was written when the last attempt is lost', async () => {
    const tools = toolsWith(async ({ onRunning, onOutput }) => {
      onRunning?.('docker')
      onOutput?.('stdout', `of attempt ${runs}`)
      throw new ConnectionLost('gone')
    })
    expect(await evaluate(job, signals, tools)).toMatchObject({
      ...{ status: 'failed', reason: 'infra_error', attempts: 3 },
      ...{ stdout: 'of attempt 3', stderr: '', backend: 'docker' },
    })
  })

  it('that one executor refuses is run by another one', async () => {
    const tools = toolsWith(() => (runs === 1 ? Promise.reject(refusal) : Promise.resolve(well)))
    tools.balancer = twoExecutors
    expect(await evaluate(job, signals, tools)).toMatchObject({ status: 'completed', attempts: 1 })
  })

  it('that all executors refuse has failed, and says why', async () => {
    const tools = toolsWith(() => Promise.reject(refusal))
    tools.balancer = twoExecutors
    expect(await evaluate(job, signals, tools)).toMatchObject({
      ...{ status: 'failed', reason: 'infra_error', detail: 'http://b: not yours' },
    })
    expect(runs).toBe(2)
  })

  it('shows the output of each attempt apart', async () => {
    const tools = toolsWith(async ({ onRunning, onOutput }) => {
      onRunning?.('deno')
      onOutput?.('stdout', `run ${runs}`)
      if (runs === 1) throw new ConnectionLost('gone')
      return well
    })
    await evaluate(job, signals, tools)
    expect(outputs).toEqual(['1 stdout run 1', '1 stops', '2 stdout run 2', '2 ends'])
  })

  it('tells whoever looks at the output of a lost attempt that it has ended', async () => {
    const tools = toolsWith(async ({ onRunning }) => {
      if (runs > 1) return well
      onRunning?.('deno')
      throw new ConnectionLost('gone')
    })
    await evaluate(job, signals, tools)
    expect(outputs).toEqual(['1 stops', '2 ends'])
  })

  it('tells so also when the last attempt is lost', async () => {
    const tools = toolsWith(async ({ onRunning }) => {
      onRunning?.('deno')
      throw new ConnectionLost('gone')
    })
    expect(await evaluate(job, signals, tools)).toMatchObject({ reason: 'infra_error' })
    expect(outputs).toEqual(['1 stops', '2 stops', '3 stops', '3 ends'])
  })

  it('that is cancelled after a crash keeps when it was started', async () => {
    const tools = toolsWith(async () => well)
    tools.records.begin = async () => ({ state: 'cancel', attempt: 1, untold: false })
    expect(await evaluate(job, signals, tools)).not.toHaveProperty('started_at')
    expect(ends[0]).toMatchObject({ status: 'cancelled', attempts: 1 })
  })
})
