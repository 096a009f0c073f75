import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  type LaunchEvents,
  type Launched,
  type Replica,
  startReplica,
} from '../../../src/runtime/supervisor/replica.ts'

/** One run of a made-up program, ended by the test. */
interface Run extends LaunchEvents {
  exit(code: number | null, signal?: string | null): Promise<void>
  terminated: number
  succeeded: number
  killed: number
}

/** Launches made-up programs and remembers each run. */
function createProgram({ heedsTerminate = true } = {}) {
  const runs: Run[] = []
  let alive = 0
  let most = 0
  let gate: Promise<void> | undefined
  return {
    runs,
    /** How many ran at once at most. */
    get most() {
      return most
    },
    /** Makes launches wait until the returned function is called. */
    holdLaunches() {
      const { promise, resolve } = Promise.withResolvers<void>()
      gate = promise
      return resolve
    },
    async launch(events: LaunchEvents): Promise<Launched> {
      await gate
      const { promise: exited, resolve } = Promise.withResolvers<{
        code: number | null
        signal: string | null
      }>()
      most = Math.max(most, ++alive)
      let over = false
      const end = (code: number | null, signal: string | null) => {
        if (over) return
        over = true
        alive--
        resolve({ code, signal })
      }
      const run: Run = {
        ...events,
        terminated: 0,
        succeeded: 0,
        killed: 0,
        async exit(code, signal = null) {
          end(code, signal)
          await vi.advanceTimersByTimeAsync(0)
        },
      }
      runs.push(run)
      return {
        pid: 100 + runs.length,
        exited,
        terminate() {
          run.terminated++
          if (heedsTerminate) end(0, null)
        },
        succeed: () => void run.succeeded++,
        kill() {
          run.killed++
          end(null, 'SIGKILL')
        },
      }
    },
  }
}

const log = pino({ level: 'silent' })
const MINUTE = 60_000
let replica: Replica
let program: ReturnType<typeof createProgram>

function start(options: { beats?: boolean; program?: typeof program } = {}) {
  program = options.program ?? createProgram()
  replica = startReplica({
    name: 'worker-1',
    role: 'worker',
    launch: program.launch,
    stopTimeout: 5_000,
    beats: options.beats ?? false,
    log,
    random: () => 0,
  })
}

const settle = (ms = 0) => vi.advanceTimersByTimeAsync(ms)
const state = () => replica.snapshot().state
const last = () => program.runs.at(-1) as Run

async function startReady(options?: Parameters<typeof start>[0]) {
  start(options)
  await settle()
  last().onReady({ url: 'x' })
}

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(async () => {
  const stopped = replica.stop()
  await settle(10_000)
  await stopped
  expect(vi.getTimerCount()).toBe(0)
  vi.useRealTimers()
})

describe('a replica that starts', () => {
  it('is starting until it says that it is ready', async () => {
    start()
    await settle()
    expect(replica.snapshot()).toMatchObject({ state: 'starting', pid: 101, ready_since: null })
    last().onReady({ url: 'x' })
    await replica.settled
    expect(replica.snapshot()).toMatchObject({
      state: 'ready',
      facts: { url: 'x' },
      restarts: 0,
      ready_since: expect.stringMatching(/Z$/),
    })
  })

  it('tells its memory once it beats', async () => {
    await startReady({ beats: true })
    last().onBeat(5_000_000)
    expect(replica.snapshot().rss).toBe(5_000_000)
  })
})

describe('a replica that crashes', () => {
  it('is started again after a pause', async () => {
    await startReady()
    await last().exit(3)
    expect(replica.snapshot()).toMatchObject({
      state: 'backoff',
      pid: null,
      restarts: 1,
      last_exit: { code: 3, signal: null },
    })
    await settle(499)
    expect(program.runs).toHaveLength(1)
    await settle(1)
    expect(program.runs).toHaveLength(2)
    expect(state()).toBe('starting')
  })

  it('has what it left in its process group killed', async () => {
    await startReady()
    const [first] = program.runs
    await last().exit(1)
    expect(first?.killed).toBe(1)
  })

  it('is in a crash loop after five crashes, and still tried', async () => {
    start()
    for (const pause of [500, 1_000, 2_000, 4_000]) {
      await settle()
      await last().exit(1)
      expect(state()).toBe('backoff')
      await settle(pause)
    }
    await last().exit(1)
    expect(state()).toBe('crashloop')
    await settle(8_000)
    expect(program.runs).toHaveLength(6)
    last().onReady({})
    expect(state()).toBe('ready')
  })

  it('has its crashes forgotten after a minute of health', async () => {
    start()
    await settle()
    await last().exit(1)
    await settle(500)
    last().onReady({})
    await settle(MINUTE)
    await last().exit(1)
    await settle(500)
    expect(program.runs).toHaveLength(3)
  })

  it('is tried again when it cannot even be launched', async () => {
    program = createProgram()
    const launch = vi.fn(program.launch).mockRejectedValueOnce(new Error('no such file'))
    start({ program: { ...program, launch } })
    await settle()
    expect(replica.snapshot()).toMatchObject({ state: 'backoff', last_exit: { code: null, signal: null } })
    await settle(500)
    expect(state()).toBe('starting')
    expect(launch).toHaveBeenCalledTimes(2)
  })
})

describe('a replica that says that starting again cannot help', () => {
  const failure = { code: 'CHAT_HANDLER_MISSING', detail: './x.ts does not exist', fix: 'Write it.' }

  async function fail() {
    start()
    await settle()
    last().onFatal(failure)
    await last().exit(2)
  }

  it('has failed, and is not started again', async () => {
    await fail()
    expect(replica.snapshot()).toMatchObject({ state: 'failed', failure, restarts: 0 })
    await expect(replica.settled).rejects.toMatchObject({
      code: 'ROLE_FAILED',
      message: expect.stringContaining(failure.detail),
    })
    await settle(60 * MINUTE)
    expect(program.runs).toHaveLength(1)
  })

  it('is started again by a person who asked while it was still leaving', async () => {
    program = createProgram({ heedsTerminate: false })
    await startReady({ program })
    const run = last()
    run.onFatal({ code: 'X', detail: 'x', fix: '' })
    replica.restart()
    await run.exit(2)
    await settle()
    expect(program.runs).toHaveLength(2)
    expect(state()).toBe('starting')
  })

  it('is started again by a person', async () => {
    await fail()
    replica.restart()
    await settle()
    expect(program.runs).toHaveLength(2)
    expect(replica.snapshot()).toMatchObject({ state: 'starting', failure: null })
  })

  it('can be stopped', async () => {
    await fail()
    await replica.stop()
    expect(state()).toBe('stopped')
  })
})

describe('restarting a replica', () => {
  it('ends the program in order and starts it anew, with no pause', async () => {
    await startReady()
    const [first] = program.runs
    replica.restart()
    await settle()
    expect(first?.terminated).toBe(1)
    expect(program.runs).toHaveLength(2)
    expect(replica.snapshot()).toMatchObject({ state: 'starting', restarts: 1 })
  })

  it('kills a program that does not end in time', async () => {
    await startReady({ program: createProgram({ heedsTerminate: false }) })
    const [first] = program.runs
    replica.restart()
    await settle(4_999)
    expect(state()).toBe('stopping')
    expect(first?.killed).toBe(0)
    await settle(1)
    expect(first?.killed).toBeGreaterThan(0)
    expect(program.runs).toHaveLength(2)
  })

  it('ends the pause after a crash', async () => {
    await startReady()
    await last().exit(1)
    replica.restart()
    await settle()
    expect(program.runs).toHaveLength(2)
  })

  it('forgives earlier crashes', async () => {
    await startReady()
    for (const pause of [500, 1_000, 2_000]) {
      await last().exit(1)
      await settle(pause)
    }
    replica.restart()
    await settle()
    await last().exit(1)
    await settle(500)
    expect(program.runs).toHaveLength(6)
  })

  it('never runs two programs at once, however often it is asked', async () => {
    start()
    for (let i = 0; i < 5; i++) replica.restart()
    await settle()
    replica.restart()
    await settle()
    last().onReady({})
    replica.restart()
    replica.restart()
    await settle()
    last().onReady({})
    expect(program.most).toBe(1)
    expect(state()).toBe('ready')
  })

  it('while the program is still being launched replaces it once it is there', async () => {
    program = createProgram()
    const release = program.holdLaunches()
    start({ program })
    replica.restart()
    release()
    await settle()
    expect(program.runs[0]?.terminated).toBe(1)
    expect(program.runs).toHaveLength(2)
    expect(program.most).toBe(1)
  })
})

describe('stopping a replica', () => {
  it('ends the program in order and starts no other', async () => {
    await startReady()
    await replica.stop()
    expect(replica.snapshot()).toMatchObject({ state: 'stopped', pid: null, ready_since: null })
    expect(last().terminated).toBe(1)
    await settle(60 * MINUTE)
    expect(program.runs).toHaveLength(1)
  })

  it('kills a program that does not end in time', async () => {
    await startReady({ program: createProgram({ heedsTerminate: false }) })
    const stopped = replica.stop()
    await settle(5_000)
    await stopped
    expect(replica.snapshot()).toMatchObject({ state: 'stopped', last_exit: { signal: 'SIGKILL' } })
  })

  it('ends the pause after a crash', async () => {
    await startReady()
    await last().exit(1)
    await replica.stop()
    expect(state()).toBe('stopped')
    expect(program.runs).toHaveLength(1)
  })

  it('while the program is still being launched ends it once it is there', async () => {
    program = createProgram()
    const release = program.holdLaunches()
    start({ program })
    const stopped = replica.stop()
    release()
    await settle()
    await stopped
    expect(program.runs[0]?.terminated).toBe(1)
    expect(program.runs).toHaveLength(1)
  })

  it('before it was ever ready lets nobody wait for it', async () => {
    start()
    await settle()
    await replica.stop()
    await expect(replica.settled).rejects.toThrow('worker-1 was stopped')
  })

  it('asks the program once, however often it is asked', async () => {
    program = createProgram({ heedsTerminate: false })
    await startReady({ program })
    const first = replica.stop()
    const second = replica.stop()
    replica.restart()
    await settle()
    expect(program.runs[0]?.terminated).toBe(1)
    await program.runs[0]?.exit(0)
    await Promise.all([first, second])
  })

  it('that is succeeded is asked to hurry once, when nobody is to be seen off any more', async () => {
    program = createProgram({ heedsTerminate: false })
    await startReady({ program })
    const stopped = [replica.stop(true), replica.stop(), replica.stop()]
    await settle()
    expect(program.runs[0]).toMatchObject({ succeeded: 1, terminated: 1 })
    await program.runs[0]?.exit(0)
    await Promise.all(stopped)
  })

  it('that was asked to end before it was succeeded is not asked again', async () => {
    program = createProgram({ heedsTerminate: false })
    await startReady({ program })
    replica.restart()
    const stopped = [replica.stop(true), replica.stop()]
    await settle()
    expect(program.runs[0]).toMatchObject({ succeeded: 0, terminated: 1 })
    await program.runs[0]?.exit(0)
    await Promise.all(stopped)
  })

  it('may be asked for twice', async () => {
    await startReady()
    await Promise.all([replica.stop(), replica.stop()])
    expect(state()).toBe('stopped')
  })

  it('cannot be undone by a restart', async () => {
    await startReady()
    await replica.stop()
    replica.restart()
    await settle()
    expect(program.runs).toHaveLength(1)
  })

  it('at once kills the program', async () => {
    await startReady({ program: createProgram({ heedsTerminate: false }) })
    replica.kill()
    await settle()
    expect(replica.snapshot()).toMatchObject({ state: 'stopped', last_exit: { signal: 'SIGKILL' } })
  })
})

describe('the health of a replica', () => {
  it('is doubted after 10 s without a beat, and trusted again with the next one', async () => {
    await startReady({ beats: true })
    await settle(10_000)
    expect(state()).toBe('ready')
    await settle(1_000)
    expect(state()).toBe('unhealthy')
    last().onBeat(1)
    expect(state()).toBe('ready')
  })

  it('is lost after 30 s: the replica is replaced', async () => {
    await startReady({ beats: true })
    await settle(32_000)
    expect(program.runs[0]?.killed).toBeGreaterThan(0)
    expect(program.runs).toHaveLength(2)
    expect(program.most).toBe(1)
  })

  it('is replaced when it does not become ready within a minute', async () => {
    start({ beats: true })
    await settle(59_000)
    expect(program.runs).toHaveLength(1)
    await settle(3_000)
    expect(program.runs[0]?.killed).toBeGreaterThan(0)
    expect(program.runs).toHaveLength(2)
  })

  it('is good as long as it beats', async () => {
    await startReady({ beats: true })
    for (let i = 0; i < 60; i++) {
      await settle(2_000)
      last().onBeat(1)
      expect(state()).toBe('ready')
    }
    expect(program.runs).toHaveLength(1)
  })

  it('is as good when somebody sets the clock', async () => {
    await startReady({ beats: true })
    vi.setSystemTime(Date.now() + 60 * MINUTE)
    await settle(2_000)
    expect(state()).toBe('ready')
    expect(program.runs).toHaveLength(1)
  })

  it('is not judged in a program that sends no beats', async () => {
    await startReady({ beats: false })
    await settle(10 * MINUTE)
    expect(state()).toBe('ready')
  })

  it('is not judged while the program finishes its work', async () => {
    await startReady({ beats: true, program: createProgram({ heedsTerminate: false }) })
    const stopped = replica.stop()
    await settle(4_900)
    expect(state()).toBe('stopping')
    await settle(100)
    await stopped
  })
})
