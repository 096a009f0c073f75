import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { AgentctlError, createCloser } from '../../../src/runtime/kernel/index.ts'
import { callSocket, listenOnSocket, streamSocket } from '../../../src/runtime/platform/http/index.ts'

const closer = createCloser()
let path: string

beforeAll(async () => {
  const folder = closer.add(await mkdtemp(join(tmpdir(), 'agentctl-socket-')), (dir) =>
    rm(dir, { recursive: true }),
  )
  path = join(folder, 'x.sock')
  const server = await listenOnSocket(path, (app) => {
    app.get('/hello', () => ({ hello: 'world' }))
    app.post('/echo', { schema: { body: z.strictObject({ n: z.number() }) } }, ({ body }) => body)
    app.get('/missing', () => {
      throw new AgentctlError('TARGET_UNKNOWN', { kind: 'not_found', title: 'None', fix: 'Look.' }, 'no x', {
        field: 'target',
      })
    })
    app.get('/lines', (_request, reply) =>
      // Cut in odd places, as a network does.
      reply.type('application/x-ndjson').send(Readable.from(['{"n":1}\n{"n"', ':2}\n\n{"te', 'xt":"ä"}\n'])),
    )
    app.get('/endless', (_request, reply) => {
      const stream = new Readable({ read() {} })
      stream.push('{"n":1}\n')
      return reply.type('application/x-ndjson').send(stream)
    })
  })
  closer.add(server, () => server.close())
})
afterAll(() => closer.close())

describe('a service on a unix socket', () => {
  it('answers calls', async () => {
    expect(await callSocket(path, { method: 'GET', route: '/hello' })).toEqual({ hello: 'world' })
    expect(await callSocket(path, { method: 'POST', route: '/echo', body: { n: 7 } })).toEqual({ n: 7 })
  })

  it('can be opened by this user only', async () => {
    expect((await stat(path)).mode & 0o777).toBe(0o600)
  })

  it('passes its errors on as they were', async () => {
    await expect(callSocket(path, { method: 'GET', route: '/missing' })).rejects.toMatchObject({
      name: 'AgentctlError',
      code: 'TARGET_UNKNOWN',
      message: 'no x',
      title: 'None',
      fix: 'Look.',
      field: 'target',
      exitCode: 3,
    })
  })

  it('checks what it is sent', async () => {
    await expect(
      callSocket(path, { method: 'POST', route: '/echo', body: { n: 'x' } }),
    ).rejects.toMatchObject({
      code: 'HTTP_INVALID',
      field: 'body.n',
    })
  })

  it('streams lines, wherever they are cut', async () => {
    const lines: unknown[] = []
    for await (const line of streamSocket(path, { method: 'GET', route: '/lines' })) lines.push(line)
    expect(lines).toEqual([{ n: 1 }, { n: 2 }, { text: 'ä' }])
  })

  it('can be left in the middle of a stream', async () => {
    const controller = new AbortController()
    const lines = streamSocket(path, { method: 'GET', route: '/endless', signal: controller.signal })
    expect((await lines.next()).value).toEqual({ n: 1 })
    controller.abort()
    await expect(lines.next()).rejects.toMatchObject({ name: 'AbortError' })
  })

  it('takes the place of a socket that a crash has left', async () => {
    const again = await listenOnSocket(path, (app) => {
      app.get('/hello', () => ({ hello: 'again' }))
    })
    expect(await callSocket(path, { method: 'GET', route: '/hello' })).toEqual({ hello: 'again' })
    await again.close()
    await expect(stat(path)).rejects.toMatchObject({ code: 'ENOENT' })
  })
})
