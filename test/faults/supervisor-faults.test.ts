import { afterEach, describe, expect, it } from 'vitest'
import { isPortFree } from '../../src/runtime/platform/process/index.ts'
import { agentctl, allGone, eventually, startServe, type Workplace, workplace } from '../support/program.ts'
import { readStream } from '../support/sse.ts'

let place: Workplace

afterEach(() => place.remove())

function pidsOf(status: { replicas: { pid: number | null }[] }): number[] {
  return status.replicas.flatMap(({ pid }) => (pid === null ? [] : [pid]))
}

describe('the supervisor', () => {
  it('killed with SIGKILL leaves no process and no held port, and its data is there for the next one', async () => {
    place = workplace()
    const first = await startServe(place)
    await readStream(first.url, { chat: 'kept' })
    first.child.kill('SIGKILL')
    await allGone(pidsOf(first.status))
    const ports = [first.url, first.redisUrl].map((url) => Number(new URL(url).port))
    for (const port of ports) await eventually(() => isPortFree(port))
    const second = await startServe(place)
    expect(second.redisUrl).toBe(first.redisUrl)
    const { stdout } = await agentctl(
      place,
      'tail',
      'stream',
      'stream:test:kept',
      '--from',
      'first',
      '--json',
    )
    expect(stdout.split('\n')).toHaveLength(22)
    await second.stop()
    await allGone(pidsOf(second.status))
  })

  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
    'ended by %s stops everything it started and exits with 0',
    async (signal) => {
      place = workplace()
      const serve = await startServe(place, '--ephemeral')
      serve.child.kill(signal)
      const { exitCode } = await serve.child
      expect(exitCode).toBe(0)
      await allGone(pidsOf(serve.status), 5_000)
    },
  )

  it('told twice ends at once, although a chat is being answered', async () => {
    place = workplace()
    const serve = await startServe(place, '--ephemeral')
    const reading = readStream(serve.url, { chat: 'busy' }).catch(() => undefined)
    await eventually(async () => (await serve.ps()).replicas.length > 0)
    serve.child.kill('SIGTERM')
    setTimeout(() => serve.child.kill('SIGTERM'), 600)
    const { exitCode } = await serve.child
    expect([0, 143]).toContain(exitCode)
    await allGone(pidsOf(serve.status))
    await reading
  })

  it('starts a second time at once after SIGKILL, although the first one is still going away', async () => {
    place = workplace()
    const first = await startServe(place)
    const port = new URL(first.url).port
    first.child.kill('SIGKILL')
    await first.child
    const again = agentctl(place, 'serve', '--json', '--port', port)
    let said = ''
    again.stdout.on('data', (chunk: Buffer) => {
      said += chunk
    })
    // The whole system starts anew once the other one has gone; until then that one may answer.
    await eventually(() => said.includes('\n'), 60_000)
    await allGone(pidsOf(first.status))
    await eventually(async () => (await readyAt(first.url)) === 200)
    again.kill('SIGTERM')
    expect((await again).exitCode).toBe(0)
  })
})

async function readyAt(url: string): Promise<number> {
  return fetch(`${url}/ready`).then(
    (response) => response.status,
    () => 0,
  )
}
