import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { freePort, run } from '../../../src/runtime/platform/process/index.ts'

const script = new URL('../../../deploy/image/health', import.meta.url).pathname
const health = (args: string[], env: Record<string, string> = {}) => run(script, args, { env })

describe('the health check of the image', () => {
  let server: Server | undefined
  const asked: string[] = []

  afterEach(() => {
    server?.close()
    server = undefined
    asked.length = 0
  })

  async function serve(status: number, body = ''): Promise<string> {
    server = createServer(({ url }, response) => {
      asked.push(url ?? '')
      response.writeHead(status, { 'content-type': 'application/problem+json' }).end(body)
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return String((server.address() as AddressInfo).port)
  }

  it('is content with a role that is ready', async () => {
    expect(await health([await serve(200)])).toBe('')
    expect(asked).toEqual(['/ready'])
  })

  it('asks what it is told to, where it is told to', async () => {
    const port = await serve(200)
    await health([port, '/health'])
    await health([], { AGENTCTL_HEALTH_PORT: port })
    expect(asked).toEqual(['/health', '/ready'])
  })

  it('tells what a role that is not ready says', async () => {
    const failed = health([await serve(503, '{"code":"REDIS_UNREACHABLE"}')])
    await expect(failed).rejects.toMatchObject({ exitCode: 1, stdout: '503\n{"code":"REDIS_UNREACHABLE"}' })
  })

  it('fails where nothing listens', async () => {
    await expect(health([String(await freePort())])).rejects.toMatchObject({ exitCode: 1 })
  })

  it('finds nothing wrong where there is nothing to ask', async () => {
    await health([], { AGENTCTL_HEALTH_PORT: '' })
  })
})
