import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { CANCEL_CHANNEL } from '../../../src/runtime/evaluation/keys.ts'
import { openWorkerScene, type WorkerScene } from '../../support/evaluation-worker.ts'
import { EXECUTOR_TOKEN, startChildExecutor, startTestExecutor } from '../../support/executor.ts'
import { eventually } from '../../support/program.ts'
import { startTestRedis, type TestRedis } from '../../support/redis.ts'

let server: TestRedis
let scene: WorkerScene
const LIMITS = { wall_ms: 60_000, cpu_ms: 30_000, memory_mb: 128, output_bytes: 65_536, pids: 64 }
const options = { executorToken: EXECUTOR_TOKEN }

beforeAll(async () => {
  server = await startTestRedis()
})
afterAll(() => server.close())
beforeEach(async () => {
  scene = await openWorkerScene(server)
  await scene.redis.flushall()
})
afterEach(() => scene.close())

describe('a worker with a real executor', () => {
  it('has programs run, shows what they write, and ends them when nobody wants them', async () => {
    const executor = await startTestExecutor()
    try {
      await scene.worker([executor], options)
      const hello = await scene.submit('console.log("hello", Deno.args[0])', {
        ...{ language: 'javascript', args: ['you'], limits: LIMITS },
      })
      expect((await scene.done(hello)).at(-1)?.data).toMatchObject({
        status: 'completed',
        stdout: 'hello you\n',
      })

      const code = 'console.log("so far"); await new Promise((done) => setTimeout(done, 50_000))'
      const endless = await scene.submit(code, { language: 'javascript', limits: LIMITS })
      await eventually(async () => (await scene.output(endless))[0]?.text === 'so far\n')
      await scene.records.cancel(endless)
      await scene.redis.publish(CANCEL_CHANNEL, endless)
      expect((await scene.done(endless)).at(-1)?.data).toMatchObject({
        status: 'cancelled',
        stdout: 'so far\n',
      })
    } finally {
      await scene.close()
      await executor.stop()
    }
  })

  it('has the program run by another one when the first is killed', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'agentctl-worker-'))
    const doomed = await startChildExecutor(dir)
    const other = await startTestExecutor()
    try {
      await scene.worker([doomed, other], options)
      const code =
        'console.log("begun"); await new Promise((done) => setTimeout(done, 10_000)); console.log("done")'
      const ids = await Promise.all(
        Array.from({ length: 4 }, () => scene.submit(code, { language: 'javascript', limits: LIMITS })),
      )
      for (const id of ids) await eventually(async () => (await scene.output(id)).length > 0)
      await doomed.kill()
      const ends = await Promise.all(ids.map(async (id) => (await scene.done(id)).at(-1)?.data))
      for (const end of ends) {
        expect(end).toMatchObject({ status: 'completed', stdout: 'begun\ndone\n', executor: other.url })
      }
      expect(ends.some((end) => end?.attempts === 2)).toBe(true)
    } finally {
      await scene.close()
      await doomed.kill()
      await other.stop()
      rmSync(dir, { recursive: true, force: true })
    }
  })
})
