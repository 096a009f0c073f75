import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { isAlive } from '../../src/runtime/platform/process/index.ts'
import { type Accepted, judgeEvaluations, startSubmitting } from '../support/eval-faults.ts'
import { call } from '../support/events.ts'
import { type Chance, chanceFor } from '../support/faults.ts'
import { agentctl, eventually, startServe, type TestServe, workplace } from '../support/program.ts'
import { allReady } from '../support/rag-faults.ts'

const place = workplace()
let serve: TestServe

beforeAll(async () => {
  // So that the jobs of a worker that died move on soon.
  Object.assign(place.env, { AGENTCTL_LOCK_DURATION: '2s', AGENTCTL_LEASE: '3s' })
  // Data is kept: Redis is killed, too.
  serve = await startServe(place, '--roles', 'gateway=1,eval=2,executor=2,storage=2')
})

afterAll(async () => {
  await serve?.stop()
  place.remove()
})

afterEach(() => allReady(serve))

/** Short programs, so that faults hit every part of a life. */
const program = (n: number) => ({
  body: {
    language: 'javascript',
    code: `setTimeout(() => console.log("done ${n}"), ${(n % 4) * 100})`,
  },
  expected: `done ${n}\n`,
})

/** Has programs submitted all the time; `fault` happens in between, some more are submitted afterwards. */
async function during(name: string, fault: (chance: Chance) => Promise<void>): Promise<Accepted[]> {
  const chance = chanceFor(name)
  const submitting = startSubmitting({
    ...{ url: serve.url, name: `${name}.${chance.seed}`, clients: 3, rest: 400, program },
  })
  await submitting.more(chance.between(8, 16))
  await fault(chance)
  await submitting.more(10)
  return submitting.end()
}

async function kill(name: string, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
  // One that was killed a moment ago may still be listed as it was.
  await eventually(async () => {
    const { pid } = (await serve.ps()).replicas.find((replica) => replica.name === name) ?? {}
    return typeof pid === 'number' && isAlive(pid) && process.kill(pid, signal)
  })
}

/** What was written is what the program writes, of a few of them. */
async function expectOutput(accepted: readonly Accepted[]): Promise<void> {
  for (const { id, expected } of accepted.slice(-5)) {
    const { body } = await call(serve.url, `/api/eval-status/${id}`)
    expect(body).toMatchObject({ status: 'completed', stdout: expected })
  }
}

describe('every accepted evaluation ends once, with one row', () => {
  it.each(['gateway-1', 'eval-1', 'executor-2', 'storage-1'])(
    'when %s is killed with SIGKILL, twice',
    async (name) => {
      const accepted = await during(`kill-${name}`, async (chance) => {
        await kill(name)
        await new Promise((again) => setTimeout(again, chance.between(500, 2_500)))
        await allReady(serve)
        await kill(name)
      })
      const rows = await judgeEvaluations(`${name} killed`, serve, accepted)
      expect(rows.filter(({ status }) => status === 'failed')).toEqual([])
      await expectOutput(accepted)
    },
  )

  it('when a worker is paused beyond its lock and goes on', async () => {
    const accepted = await during('pause', async (chance) => {
      const name = `eval-${chance.between(1, 2)}`
      await kill(name, 'SIGSTOP')
      await new Promise((again) => setTimeout(again, chance.between(4_000, 6_000)))
      await kill(name, 'SIGCONT')
    })
    await judgeEvaluations('worker paused', serve, accepted)
    await expectOutput(accepted)
  })

  it.each(['redis-1', 'postgres-1'])('when %s is killed with SIGKILL', async (name) => {
    const accepted = await during(`kill-${name}`, () => kill(name))
    const rows = await judgeEvaluations(`${name} killed`, serve, accepted)
    expect(rows.filter(({ status }) => status === 'failed')).toEqual([])
    await expectOutput(accepted)
  })

  it('when there is no executor for a while', async () => {
    const accepted = await during('no executor', async () => {
      await agentctl(place, 'scale', 'executor=0')
      await new Promise((again) => setTimeout(again, 6_000))
      await agentctl(place, 'scale', 'executor=2')
    })
    const rows = await judgeEvaluations('no executor', serve, accepted)
    expect(rows.filter(({ reason }) => reason === 'infra_error')).toEqual([])
  })

  it('when several are killed at a time, again and again', async () => {
    const names = ['gateway-1', 'eval-1', 'eval-2', 'executor-1', 'executor-2', 'storage-1', 'storage-2']
    const accepted = await during('chaos', async (chance) => {
      for (let round = 0; round < 2; round++) {
        await Promise.all([chance.pick(names), chance.pick(names)].map((name) => kill(name).catch(() => {})))
        await new Promise((again) => setTimeout(again, chance.between(300, 1_500)))
        await allReady(serve)
      }
    })
    await judgeEvaluations('chaos', serve, accepted)
  })
})

describe('what a program was doing when its executor was killed', () => {
  it('is done again elsewhere, as a second attempt', async () => {
    // Long enough to be killed in the middle of it, whatever else the machine does.
    const code = 'console.log("begun"); setTimeout(() => console.log("done"), 8000)'
    const { body } = await call(serve.url, '/api/eval', { body: { language: 'javascript', code } })
    const at = `/api/eval-status/${body.eval_id}`
    await eventually(async () => (await call(serve.url, at)).body.status === 'running')
    // Both at once, whichever has it: the second attempt must not be killed as well.
    const executors = (await serve.ps()).replicas.filter(({ role }) => role === 'executor')
    for (const { pid } of executors) process.kill(pid as number, 'SIGKILL')
    await eventually(async () => (await call(serve.url, at)).body.status === 'completed', 60_000)
    expect((await call(serve.url, at)).body).toMatchObject({ stdout: 'begun\ndone\n', attempts: 2 })
  })
})
