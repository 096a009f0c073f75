import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { engineHost } from '../support/engine.ts'
import { call } from '../support/events.ts'
import { agentctl, startServe, type TestServe, workplace } from '../support/program.ts'

const host = await engineHost()

describe.skipIf(host === undefined)('serve on a machine with Docker', () => {
  const place = workplace()
  let serve: TestServe

  beforeAll(async () => {
    place.env.DOCKER_HOST = host
    const roles = 'gateway=1,eval=1,executor=1,storage=1,docker-proxy=1'
    serve = await startServe(place, '--ephemeral', '--roles', roles)
  })

  afterAll(async () => {
    await serve?.stop()
    place.remove()
  })

  it('runs programs in containers, and says so', async () => {
    const executor = serve.status.replicas.find(({ role }) => role === 'executor')
    expect(executor?.facts).toMatchObject({ backend: 'docker', isolation: 'container' })
    const { body } = await call(serve.url, '/api/eval', { body: { code: 'print("Hello, Events!")' } })
    expect(await call(serve.url, `${body.status_url}?wait=60000`)).toMatchObject({
      status: 200,
      body: { status: 'completed', stdout: 'Hello, Events!\n', backend: 'docker' },
    })
  })

  it('brings back what was running when the executor or the Docker proxy was killed', async () => {
    for (const name of ['executor-1', 'docker-proxy-1']) {
      const code = 'console.log("begun"); setTimeout(() => console.log("done"), 2000)'
      const { body } = await call(serve.url, '/api/eval', { body: { code, language: 'javascript' } })
      await call(serve.url, `${body.status_url}?wait=1000`)
      const { pid } = (await serve.ps()).replicas.find((replica) => replica.name === name) ?? {}
      process.kill(pid as number, 'SIGKILL')
      expect(await call(serve.url, `${body.status_url}?wait=60000`)).toMatchObject({
        body: { status: 'completed', stdout: 'begun\ndone\n' },
      })
    }
  })

  it('waits for a Docker proxy that is away, which costs no attempt', async () => {
    await agentctl(place, 'scale', 'docker-proxy=0')
    const { body } = await call(serve.url, '/api/eval', { body: { code: 'print(1)' } })
    const waiting = await call(serve.url, `${body.status_url}?wait=5000`)
    expect(waiting.body.status).not.toBe('failed')
    await agentctl(place, 'scale', 'docker-proxy=1')
    expect(await call(serve.url, `${body.status_url}?wait=60000`)).toMatchObject({
      body: { status: 'completed', stdout: '1\n', attempts: 1 },
    })
  })

  it('leaves no container behind', async () => {
    await agentctl(place, 'scale', 'executor=0')
    const { containers } = await leftOf(host as string)
    expect(containers).toEqual([])
  })
})

async function leftOf(dockerHost: string) {
  const { createDockerClient } = await import('../../src/runtime/platform/containers/index.ts')
  const docker = createDockerClient({ host: dockerHost })
  try {
    return { containers: await docker.list('agentctl.eval') }
  } finally {
    docker.close()
  }
}
