import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createPooledFetch, type PooledFetch } from '../../../src/runtime/platform/http/index.ts'

let server: Server
let url: string
let pool: PooledFetch
let connections: number

beforeEach(async () => {
  pool = createPooledFetch()
  connections = 0
  server = createServer((request, response) => {
    if (request.url === '/empty') return void response.writeHead(204, { 'x-left': '3' }).end()
    if (request.url === '/hang') return
    if (request.url === '/endless') {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n')
      return
    }
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString()
      response.writeHead(request.url === '/refused' ? 429 : 200, {
        'content-type': 'application/json',
        'retry-after': '7',
      })
      response.end(
        JSON.stringify({ method: request.method, url: request.url, body, mark: request.headers['x-mark'] }),
      )
    })
  })
  server.on('connection', () => connections++)
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})

afterEach(async () => {
  await pool.close()
  server.closeAllConnections()
  await new Promise((done) => server.close(done))
})

it('sends what it is given and answers with a standard response', async () => {
  const headers = new Headers({ 'x-mark': 'yes' })
  const response = await pool.fetch(new URL('/a?b=c', url), { method: 'POST', headers, body: 'é' })
  expect(response).toBeInstanceOf(Response)
  expect(response.ok).toBe(true)
  expect(await response.json()).toEqual({ method: 'POST', url: '/a?b=c', body: 'é', mark: 'yes' })
})

it('passes errors on with their headers', async () => {
  const response = await pool.fetch(`${url}/refused`)
  expect([response.status, response.headers.get('retry-after')]).toEqual([429, '7'])
})

it('may answer without a body', async () => {
  const response = await pool.fetch(`${url}/empty`)
  expect([response.status, response.body, response.headers.get('x-left')]).toEqual([204, null, '3'])
})

it('keeps connections', async () => {
  for (let i = 0; i < 20; i++) await (await pool.fetch(`${url}/`)).text()
  expect(connections).toBeLessThan(5)
})

it('streams event streams, and ends them with the signal', async () => {
  const controller = new AbortController()
  const response = await pool.fetch(`${url}/endless`, { signal: controller.signal })
  const reader = response.body?.getReader()
  expect(new TextDecoder().decode((await reader?.read())?.value)).toBe('data: 1\n\n')
  const next = reader?.read()
  controller.abort()
  await expect(next).rejects.toThrow()
})

it('closes the connection of a stream that is given up', async () => {
  const closed = new Promise<void>((resolve) => {
    server.once('connection', (socket) => socket.once('close', () => resolve()))
  })
  const response = await pool.fetch(`${url}/endless`)
  const reader = response.body?.getReader()
  await reader?.read()
  await reader?.cancel()
  await closed
})

it('ends a request that hangs with the signal', async () => {
  const controller = new AbortController()
  const request = pool.fetch(`${url}/hang`, { signal: controller.signal })
  setTimeout(() => controller.abort(new Error('too late')), 20)
  await expect(request).rejects.toThrow('too late')
})
